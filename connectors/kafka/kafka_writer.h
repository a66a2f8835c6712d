#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/client_handle.h"
#include "connectors/kafka/kafka_settings.h"
#include "runtime/connector/connector_registry.h"

typedef struct rd_kafka_topic_s rd_kafka_topic_t;

namespace millrace::kafka {

// Sends the rows of one sink subtask, at least once: what Flush said kAll to
// has been acknowledged by the brokers.
//
// Rows are encoded once and handed to the library as its queue takes them; it
// batches and sends on threads of its own and wakes the worker with delivery
// reports. The first record that a broker refuses for good fails the job, and
// so do brokers of which none answers before anything was delivered; later they
// may be away for as long as a record may wait.
class KafkaWriter final : public Writer {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaWriter>> Open(
      const TableDescriptor& table, const KafkaSettings& settings,
      const ConnectorRegistry& registry, const ConnectorContext& context);

  ~KafkaWriter() override;

  absl::StatusOr<Accepted> Write(const Batch& batch) override;
  absl::StatusOr<Accepted> Flush() override;

 private:
  // Encoded rows on their way into the library's queue.
  struct Pending {
    std::string values;
    std::string keys;
    std::vector<uint32_t> value_ends;
    std::vector<uint32_t> key_ends;       // Empty without a key.
    std::vector<int64_t> timestamps_ms;   // Empty: the library's own.
    size_t next = 0;

    bool empty() const { return next == value_ends.size(); }
  };

  KafkaWriter(std::string table, const KafkaSettings& settings,
              const ConnectorContext& context);

  absl::Status Encode(const Batch& batch);
  // Hands pending rows over until none is left or the queue is full.
  absl::Status SendPending();
  absl::Status TakeReports();
  absl::Status Refused(const char* why, bool may_pass) const;
  // Whether they are there at all; the next report takes the answer.
  void AskForBrokers();
  absl::Status NobodyThere() const;

  const std::string table_;
  const std::string brokers_;
  const Partitioning partitioning_;
  const std::function<void()> wake_;  // Outlives the client below.
  Executor* const background_;
  std::shared_ptr<ClientHandle> client_;
  rd_kafka_topic_t* topic_ = nullptr;
  rd_kafka_queue_t* reports_ = nullptr;
  std::unique_ptr<Encoder> value_encoder_;
  std::unique_ptr<Encoder> key_encoder_;
  // Places among the persisted columns, which Write gets.
  std::vector<int> value_columns_;
  std::vector<int> key_columns_;
  std::optional<int> timestamp_column_;
  bool timestamp_is_local_ = false;
  absl::TimeZone zone_;
  Pending pending_;
  bool delivered_ = false;  // Anything at all: the brokers were there.
  std::shared_ptr<LastTrouble> absence_;  // Null: not asked for.
  uintptr_t turn_;  // What the partitioners count with.
};

}  // namespace millrace::kafka
