#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_position.h"
#include "runtime/base/metrics.h"

namespace millrace::kafka {

// What a reader tells of its partitions, under the names of Flink's connector:
// pendingRecords, KafkaSourceReader_topic_partition_{currentOffset,
// committedOffset}{topic, partition}, ..._KafkaConsumer_records_lag_max,
// KafkaSourceReader_{commitsSucceeded, commitsFailed}; and of its own
// KafkaSourceReader_topic_partition_recordsLag. Set by the reader's worker.
class ReaderMetrics {
 public:
  // Adds them to `group`; null: nobody reads them.
  explicit ReaderMetrics(MetricGroup* group);

  // The partition gets the next index, from 0 on.
  void AddPartition(const PartitionSplit& partition);

  // `behind`: records not read yet; below 0 = not known.
  void SetPosition(size_t partition, int64_t next_offset, int64_t behind);
  // The sums and maxima of what was set.
  void SetTotals();

  void OnCommit(const std::string& topic, int32_t partition, int64_t offset);
  void CountCommit(bool succeeded);

 private:
  struct Partition {
    std::string topic;
    int32_t number = 0;
    // Held by the group's readings too, which outlive a reader.
    std::shared_ptr<Gauge> current;
    std::shared_ptr<Gauge> committed;
    std::shared_ptr<Gauge> lag;
  };

  std::shared_ptr<Gauge> AddOf(const PartitionSplit& partition,
                               const char* name, const char* help);

  MetricGroup* const group_;
  Gauge* pending_ = nullptr;
  Gauge* lag_max_ = nullptr;
  Counter* succeeded_ = nullptr;
  Counter* failed_ = nullptr;
  std::vector<Partition> partitions_;
};

}  // namespace millrace::kafka
