#include "connectors/kafka/reader_metrics.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace millrace::kafka::reader_metrics_test {
namespace {

// "name{labels} value" of the sample of that name and partition.
std::string Printed(const MetricGroup& group, const std::string& name,
                    const std::string& partition = "") {
  for (const MetricGroup::Sample& sample : group.Read()) {
    const std::string labels =
        absl::StrJoin(sample.labels, ",", absl::PairFormatter("="));
    if (sample.name != "source_" + name) continue;
    if (!partition.empty() &&
        labels != "topic=bids,partition=" + partition) {
      continue;
    }
    return absl::StrCat(labels, " ", sample.value);
  }
  return "none";
}

TEST(ReaderMetricsTest, PartitionsAreToldApartByLabels) {
  MetricGroup group("source", {});
  ReaderMetrics metrics(&group);
  metrics.AddPartition({.topic = "bids", .partition = 0});
  metrics.AddPartition({.topic = "bids", .partition = 7});
  metrics.SetPosition(0, 43, 10);
  metrics.SetPosition(1, PartitionSplit::kEarliest, -1);
  metrics.OnCommit("bids", 7, 5);
  metrics.SetTotals();
  const std::string of = "KafkaSourceReader_topic_partition_";
  EXPECT_EQ(Printed(group, of + "currentOffset", "0"),
            "topic=bids,partition=0 42");
  EXPECT_EQ(Printed(group, of + "recordsLag", "0"),
            "topic=bids,partition=0 10");
  EXPECT_EQ(Printed(group, of + "committedOffset", "0"),
            "topic=bids,partition=0 -1");
  EXPECT_EQ(Printed(group, of + "currentOffset", "7"),
            "topic=bids,partition=7 -1");
  EXPECT_EQ(Printed(group, of + "committedOffset", "7"),
            "topic=bids,partition=7 5");
  EXPECT_EQ(Printed(group, "pendingRecords"), " 10");
}

TEST(ReaderMetricsTest, AddsUpPartitionsAndCommits) {
  MetricGroup group("source", {});
  ReaderMetrics metrics(&group);
  metrics.AddPartition({.topic = "a", .partition = 0});
  metrics.AddPartition({.topic = "b", .partition = 0});
  metrics.SetPosition(0, 1, 4);
  metrics.SetPosition(1, 1, 9);
  metrics.SetTotals();
  metrics.CountCommit(true);
  metrics.CountCommit(true);
  metrics.CountCommit(false);
  EXPECT_EQ(Printed(group, "pendingRecords"), " 13");
  EXPECT_EQ(Printed(group, "KafkaSourceReader_KafkaConsumer_records_lag_max"),
            " 9");
  EXPECT_EQ(Printed(group, "KafkaSourceReader_commitsSucceeded"), " 2");
  EXPECT_EQ(Printed(group, "KafkaSourceReader_commitsFailed"), " 1");
}

}  // namespace
}  // namespace millrace::kafka::reader_metrics_test
