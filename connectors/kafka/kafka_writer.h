#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/client/producer_push.h"
#include "connectors/kafka/kafka_settings.h"
#include "connectors/kafka/key_reducer.h"
#include "connectors/kafka/record_encoder.h"
#include "connectors/kafka/waiting_records.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/connector/paced_writer.h"

typedef struct rd_kafka_topic_s rd_kafka_topic_t;

namespace millrace::kafka {

// Sends the rows of one sink subtask, at least once: what Flush said kAll to
// has been acknowledged by the brokers.
//
// Rows are encoded once and handed to the library in bursts (WaitingRecords),
// as its queue takes them, or at once where the table says how long they
// linger; it batches and sends on threads of its own and wakes the worker with
// delivery reports. The first record that a broker refuses for good fails the
// job, and so do brokers of which none answers before anything was delivered;
// later they may be away for as long as a record may wait.
class KafkaWriter final : public PacedWriter {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaWriter>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const ConnectorRegistry& registry, const ConnectorContext& context);

  ~KafkaWriter() override;

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::StatusOr<Accepted> Flush() override;
  absl::Duration FlushInterval() const override {
    return buffer_rows_ > 0 ? buffer_interval_ : absl::InfiniteDuration();
  }
  int64_t NextTurnNanos() const override;
  absl::Status TakeTurn() override;

 private:
  KafkaWriter(std::string table, const KafkaSettings& settings,
              const ConnectorContext& context);

  absl::Status Encode(const Batch& batch);
  // Hands records over, if they are due, and has them sent.
  absl::Status HandOverDue();
  // Hands records over until none is left or the queue is full.
  absl::Status HandOver();
  bool IsIdle() const;  // All that was handed over is answered.
  // Whether a push has something to send, and none is under way.
  bool MayPush() const;
  // Does so, if it may, and plans the next one.
  void Push();
  // An error of the library; 0 = record i is in its queue.
  int Produce(const EncodedRecords& records, size_t i);
  absl::Status TakeReports();
  absl::Status Refused(const char* why, bool may_pass) const;
  // Whether they are there at all; the next report takes the answer.
  void AskForBrokers();
  absl::Status NobodyThere() const;

  const std::string table_;
  const std::string brokers_;
  const Partitioning partitioning_;
  const size_t buffer_rows_;  // 0: nothing is kept back.
  const absl::Duration buffer_interval_;
  const std::function<void()> wake_;  // Outlives the client below.
  const Clock* const clock_;
  Executor* const background_;
  std::shared_ptr<ClientHandle> client_;
  rd_kafka_topic_t* topic_ = nullptr;
  rd_kafka_queue_t* reports_ = nullptr;
  std::unique_ptr<RecordEncoder> encoder_;
  WaitingRecords waiting_;
  size_t next_ = 0;  // Of waiting_.front().
  bool queue_is_full_ = false;  // The library's, since the last report.
  // Null: the library lingers as the table says.
  std::unique_ptr<ProducerPush> push_;
  // When the next push is due, if anything is left, and how long after it the
  // one behind it.
  int64_t push_nanos_ = 0;
  absl::Duration push_wait_;
  KeyReducer kept_back_;
  bool delivered_ = false;  // Anything at all: the brokers were there.
  std::shared_ptr<LastTrouble> absence_;  // Null: not asked for.
  uintptr_t turn_;  // What the partitioners count with.
};

}  // namespace millrace::kafka
