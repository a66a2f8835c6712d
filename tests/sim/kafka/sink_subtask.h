#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/exactly_once/epoch_sender.h"
#include "runtime/operators/sink_committer.h"
#include "tests/sim/kafka/model_session.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// One exactly-once sink subtask of one attempt, as the program builds it: the
// machine that decides what is due (runtime/operators) over the one that talks
// to Kafka (connectors/kafka), with what is sealed between them.
//
// All of it happens in events of its process. When that dies between two
// requests, what is here is never asked again.
class SinkSubtask {
 public:
  struct Parts {
    Scheduler* scheduler = nullptr;  // Outlives this, as the next two do.
    KafkaCluster* cluster = nullptr;
    BrokerLink* link = nullptr;
    ProcessRef process;
    std::string lineage;
    kafka::EpochSender::Options options;
    // The attempt ends.
    std::function<void(const absl::Status&)> on_failed;
  };
  // Of a restored checkpoint.
  using Epochs = std::vector<millrace::SinkCommitter::Epoch>;

  SinkSubtask(Parts parts, Epochs restored);
  SinkSubtask(const SinkSubtask&) = delete;
  SinkSubtask& operator=(const SinkSubtask&) = delete;

  void Start();

  void Write(std::string key, std::string value);
  // Whether what was restored is committed (SinkEpochs::Seal).
  bool MaySeal() const { return !due_.is_restoring(); }
  // Chunks have at most `chunk_records`.
  void Seal(int64_t checkpoint, size_t chunk_records);
  void Complete(int64_t checkpoint);

  // What a snapshot keeps.
  Epochs Pending() const;

 private:
  using Machine = kafka::EpochSender;

  // Carries actions out until there are none.
  void Step(Machine::Event event);
  void StepDue(millrace::SinkCommitter::Event event);
  void Do(Machine::Action action);
  void Ask(int64_t session, kafka::session::Request request,
           absl::Duration wait);
  kafka::session::SendChunk ChunkOf(const Machine::Send& send) const;
  bool is_alive() const { return parts_.process->alive && !has_failed_; }
  void Fail(const absl::Status& why);
  int64_t Now() const { return parts_.scheduler->clock().nanos(); }

  const Parts parts_;
  ModelPort port_;
  millrace::SinkCommitter due_;
  Machine machine_;
  Epochs restored_;
  std::map<int64_t, std::unique_ptr<kafka::KafkaSession>> sessions_;
  std::vector<kafka::SealedEpoch> begun_;  // Of the machine's last Begin.
  std::vector<std::pair<std::string, std::string>> written_;
  bool has_failed_ = false;  // Nothing is asked any more.
};

}  // namespace millrace::sim
