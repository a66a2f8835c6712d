#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/exactly_once/kafka_committer.h"
#include "connectors/kafka/exactly_once/open_epoch.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/key_reducer.h"
#include "connectors/kafka/record_encoder.h"
#include "runtime/connector/committing_writer.h"
#include "runtime/connector/connector_registry.h"

namespace millrace::kafka {

// Keeps the rows of one sink subtask as encoded records until their checkpoint
// has completed, and has them sent then, exactly once (KafkaCommitter).
//
// R10: so much waits and no more ('sink.max-pending'), whether brokers are away
// or no checkpoint completes: then Write says kFull, and nothing is dropped.
// With no checkpoint completing, a full sink still takes the rows in front of
// an announced barrier, once: channels bound how many those are, and when the
// barrier has come it takes none before the next is announced. While epochs are
// being sent it does not, also where the job is drained: then the checkpoint
// waits (HeldUp), and no other is announced, to the job's other sinks neither.
// So of each sink there waits the limit and what is in front of one barrier,
// however long that lasts, and as much again for each checkpoint whose failure
// the attempt outlives ('execution.checkpointing.tolerable-failed-checkpoints')
// or that a person asked for in vain. Where nothing is being sent a drain has
// no limit, nor has a job whose only checkpoint is at its end: their only
// barrier stands behind the last row.
//
// R12: before the topics were looked at no row is taken: a record that the
// topic, or the client, does not take is refused before it is sealed
// (SNK-0303).
class SealingWriter final : public CommittingWriter {
 public:
  // `port` outlives this. `context` needs a clock and an executor.
  static absl::StatusOr<std::unique_ptr<SealingWriter>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const ConnectorRegistry& registry, const ConnectorContext& context,
      KafkaPort* port);

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::StatusOr<Accepted> Flush() override;
  std::vector<Refused> TakeRefused() override {
    return std::exchange(refused_, {});
  }
  void OnCheckpointBegun(CheckpointId checkpoint) override {
    if (checkpoint <= last_sealed_) return;
    announced_ = std::max(announced_, checkpoint);
  }
  void OnCheckpointAborted(CheckpointId checkpoint) override {
    if (announced_ <= checkpoint) announced_ = CheckpointId(0);
  }
  void OnDraining() override { is_draining_ = true; }
  absl::Status HeldUp() const override;
  std::vector<OutputFile> FilesOf(
      const Committable& committable) const override;
  Committable WithFiles(Committable committable,
                        std::vector<OutputFile> files) const override;
  absl::StatusOr<Sealed> Seal(CheckpointId checkpoint) override;
  absl::Status Begin(std::vector<Committable> committables) override {
    return committer_.Begin(std::move(committables));
  }
  absl::StatusOr<bool> Poll() override { return committer_.Poll(); }
  bool HasNews() const override { return committer_.HasNews(); }

 private:
  SealingWriter(const TableDescriptor& table, const KafkaSettings& settings,
                const ConnectorContext& context, KafkaPort* port);

  // Whether as much waits as may.
  bool IsFull() const;
  // Tells people when it becomes so.
  void TellFull(bool is_full);
  int64_t PendingBytes() const {
    return committer_.pending_bytes() + epoch_.size_bytes();
  }
  // Moves records_ into the epoch.
  void AppendRecords();

  const std::string table_;
  const KafkaSettings settings_;
  const ConnectorContext context_;
  std::unique_ptr<RecordEncoder> encoder_;
  EncodedRecords records_;  // Scratch.
  KeyReducer kept_back_;    // Where settings_ has buffer_rows.
  OpenEpoch epoch_;
  std::vector<Refused> refused_;
  CheckpointId last_sealed_;  // Whose barrier came last.
  CheckpointId announced_;    // Whose is on its way; 0: none.
  bool is_draining_ = false;
  bool told_full_ = false;    // People were.
  int32_t turn_;              // What partitions are counted with.
  KafkaCommitter committer_;
};

// What the sink is called in Kafka: what the table says, else its topic.
std::string TransactionalIdPrefix(const KafkaSettings& settings);
std::string CommitsTopic(absl::string_view prefix);

}  // namespace millrace::kafka
