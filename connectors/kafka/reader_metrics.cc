#include "connectors/kafka/reader_metrics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace millrace::kafka {

ReaderMetrics::ReaderMetrics(MetricGroup* group) : group_(group) {
  if (group_ == nullptr) return;
  pending_ = group_->AddGauge("pendingRecords", "Records not read yet.");
  lag_max_ = group_->AddGauge(
      "KafkaSourceReader_KafkaConsumer_records_lag_max",
      "Records not read yet of the partition that has most.");
  succeeded_ = group_->AddCounter("KafkaSourceReader_commitsSucceeded",
                                  "Commits of the group's offsets.");
  failed_ = group_->AddCounter("KafkaSourceReader_commitsFailed",
                               "Commits of them that failed.");
}

std::shared_ptr<Gauge> ReaderMetrics::AddOf(const PartitionSplit& partition,
                                            const char* name,
                                            const char* help) {
  auto gauge = std::make_shared<Gauge>();
  gauge->Set(-1);
  group_->AddReading(
      absl::StrCat("KafkaSourceReader_topic_partition_", name,
                   "{topic=", partition.topic,
                   ",partition=", partition.partition, "}"),
      help, [gauge] { return static_cast<double>(gauge->value()); });
  return gauge;
}

void ReaderMetrics::AddPartition(const PartitionSplit& partition) {
  if (group_ == nullptr) return;
  partitions_.push_back(
      {.topic = partition.topic,
       .number = partition.partition,
       .current = AddOf(partition, "currentOffset",
                        "The offset of the last record read; -1: none was."),
       .committed = AddOf(partition, "committedOffset",
                          "The group's offset; -1: none was committed."),
       .lag = AddOf(partition, "recordsLag",
                    "Records not read yet; -1: not known.")});
}

void ReaderMetrics::SetPosition(size_t partition, int64_t next_offset,
                                int64_t behind) {
  if (group_ == nullptr) return;
  partitions_[partition].current->Set(next_offset - 1 < -1 ? -1
                                                           : next_offset - 1);
  partitions_[partition].lag->Set(behind);
}

void ReaderMetrics::SetTotals() {
  if (group_ == nullptr) return;
  int64_t sum = 0;
  int64_t most = 0;
  for (const Partition& partition : partitions_) {
    const int64_t lag = std::max<int64_t>(partition.lag->value(), 0);
    sum += lag;
    most = std::max(most, lag);
  }
  pending_->Set(sum);
  lag_max_->Set(most);
}

void ReaderMetrics::OnCommit(const std::string& topic, int32_t partition,
                             int64_t offset) {
  for (Partition& one : partitions_) {
    if (one.topic == topic && one.number == partition) {
      one.committed->Set(offset);
    }
  }
}

void ReaderMetrics::CountCommit(bool succeeded) {
  if (group_ == nullptr) return;
  (succeeded ? succeeded_ : failed_)->Add(1);
}

}  // namespace millrace::kafka
