#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/exactly_once/kafka_committer.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/key_reducer.h"
#include "connectors/kafka/exactly_once/open_epoch.h"
#include "connectors/kafka/record_encoder.h"
#include "runtime/connector/committing_writer.h"
#include "runtime/connector/connector_registry.h"

namespace millrace::kafka {

// Keeps the rows of one sink subtask as encoded records until their checkpoint
// has completed, and has them sent then, exactly once (KafkaCommitter).
//
// R10: while what completed checkpoints hold cannot be sent as fast as rows
// come, so much waits and no more: then Write says kFull. It never does while
// nothing is being sent, for the barrier that would help stands behind the rows.
//
// R12: a Flush before the topics were looked at says kFull too: a record that
// the topic does not take is refused before it is sealed (SNK-0303).
class SealingWriter final : public CommittingWriter {
 public:
  // `port` outlives this. `context` needs a clock, a disk and an executor.
  static absl::StatusOr<std::unique_ptr<SealingWriter>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const ConnectorRegistry& registry, const ConnectorContext& context,
      KafkaPort* port);

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::StatusOr<Accepted> Flush() override;
  absl::StatusOr<Sealed> Seal(CheckpointId checkpoint) override;
  absl::Status Begin(std::vector<Committable> committables) override {
    return committer_.Begin(std::move(committables));
  }
  absl::StatusOr<bool> Poll() override { return committer_.Poll(); }
  bool HasNews() const override { return committer_.HasNews(); }

 private:
  SealingWriter(const TableDescriptor& table, const KafkaSettings& settings,
                const ConnectorContext& context, KafkaPort* port);

  // Moves records_ into the epoch.
  absl::Status AppendRecords();
  absl::Status CheckSize() const;

  const std::string table_;
  const KafkaSettings settings_;
  const ConnectorContext context_;
  std::unique_ptr<RecordEncoder> encoder_;
  EncodedRecords records_;  // Scratch.
  KeyReducer kept_back_;    // Where settings_ has buffer_rows.
  OpenEpoch epoch_;
  size_t largest_bytes_ = 0;  // Record of the epoch.
  int32_t turn_;              // What partitions are counted with.
  KafkaCommitter committer_;
};

// What the sink is called in Kafka: what the table says, else its topic.
std::string TransactionalIdPrefix(const KafkaSettings& settings);
std::string CommitsTopic(absl::string_view prefix);

}  // namespace millrace::kafka
