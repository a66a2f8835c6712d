#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/kafka/broker_inquiry.h"
#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/partition_queue.h"
#include "connectors/kafka/reader_metrics.h"
#include "connectors/kafka/record_decoder.h"
#include "runtime/connector/source.h"

namespace millrace::kafka {

// Reads and decodes the partitions of one source subtask, in turns.
class KafkaReader final : public SplitReader {
 public:
  // The context's wake-up is called from library threads when records have
  // come.
  static absl::StatusOr<std::unique_ptr<KafkaReader>> Open(
      const KafkaSettings& settings, std::unique_ptr<RecordDecoder> decoder,
      const ConnectorContext& context);

  ~KafkaReader() override;

  absl::Status AddSplit(const Split& split) override;
  absl::StatusOr<Poll> Next(uint32_t max_rows) override;
  std::optional<RejectedRecord> CheckEventTime(uint32_t row,
                                               int64_t latest_ms) override {
    return decoder_->CheckEventTime(row, latest_ms);
  }
  std::vector<Split> Snapshot() const override;
  // Commits the positions as the group's offsets, where the table names one;
  // without waiting, and a failure is only counted: they are for people to look
  // at.
  void OnCheckpointComplete(const std::vector<Split>& positions) override;

 private:
  struct Partition {
    std::unique_ptr<PartitionQueue> queue;
    // Fetched and not yet decoded: a batch was full before.
    const std::vector<FetchedRecord>* records = nullptr;
    size_t next_record = 0;
    bool ended = false;

    bool has_records() const {
      return records != nullptr && next_record < records->size();
    }
  };

  KafkaReader(std::shared_ptr<ClientHandle> client,
              std::unique_ptr<RecordDecoder> decoder,
              const ConnectorContext& context, bool has_group);

  // Fetches for the partition where nothing is left of the last fetch.
  absl::Status Refill(Partition& partition, uint32_t max_rows);
  // Takes the answers to commits and says where all stand, once a second.
  void UpdateMetrics();
  void TakeCommits();

  const std::function<void()> wake_;  // Outlives the queues below.
  const std::shared_ptr<ClientHandle> client_;
  const std::unique_ptr<RecordDecoder> decoder_;
  const bool has_group_;
  const Clock* const clock_;
  BrokerInquiry inquiry_;
  rd_kafka_queue_t* const commits_;  // Answers to them.
  ReaderMetrics metrics_;
  int64_t next_update_nanos_ = 0;
  std::vector<Partition> partitions_;
  size_t turn_ = 0;
};

}  // namespace millrace::kafka
