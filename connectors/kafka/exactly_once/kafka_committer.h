#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "connectors/kafka/exactly_once/epoch_sender.h"
#include "runtime/base/clock.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/metrics.h"
#include "runtime/base/outcome_box.h"
#include "runtime/connector/sink.h"

namespace millrace::kafka {

// Does what EpochSender decides: opens sessions, asks them, reads chunks of
// sealed epochs, and brings the answers back to the worker.
//
// One worker's. Sessions answer from threads of theirs, chunks are read in the
// background; both come by a box that wakes the worker. Errors: those of
// EpochSender; SNK-0307 (kDataLoss) a sealed epoch that cannot be read.
class KafkaCommitter {
 public:
  // All of them outlive this.
  struct Surroundings {
    KafkaPort* port = nullptr;
    const Clock* clock = nullptr;
    Executor* background = nullptr;
    Disk* disk = nullptr;
    MetricGroup* metrics = nullptr;  // Null: nobody measures.
    std::function<void()> wake;
    std::function<void(const std::string&)> warn;
  };

  // `session`: of all sessions, but for the id.
  KafkaCommitter(EpochSender::Options options, SessionOptions session,
                 Surroundings surroundings);
  ~KafkaCommitter() { outcomes_->Close(); }

  // As of CommittingWriter.
  absl::Status Begin(std::vector<Committable> committables);
  absl::StatusOr<bool> Poll();
  bool HasNews() const {
    return !started_ || !outcomes_->is_empty();
  }

  // An epoch was sealed here that will be begun when its checkpoint completes.
  void NoteSealed(const SealedEpoch& epoch);
  // Of epochs that were sealed or restored and are not committed yet.
  int64_t pending_bytes() const { return pending_bytes_; }

  const EpochSender& decisions() const { return sender_; }

 private:
  // A chunk that Send asked for.
  struct Loaded {
    int64_t session = 0;
    std::shared_ptr<const SealedChunk> chunk;
  };
  using Outcome = std::variant<EpochSender::Answered, Loaded,
                               EpochSender::Unreadable>;
  using Outcomes = OutcomeBox<Outcome>;

  absl::Status Step(EpochSender::Event event);
  absl::Status Carry(EpochSender::Action action);
  absl::Status Ask(int64_t session, session::Request request,
                   absl::Duration wait);
  void Load(const EpochSender::Send& send);
  absl::Status Take(Outcome outcome);
  void Finish();
  void AddPending(int64_t bytes);

  SessionOptions session_options_;
  const Surroundings surroundings_;
  const std::shared_ptr<Outcomes> outcomes_;
  EpochSender sender_;
  bool started_ = false;
  std::map<int64_t, std::unique_ptr<KafkaSession>> sessions_;
  std::set<int64_t> committing_;  // Sessions that were asked to.
  // Of the Begin under way.
  std::vector<std::shared_ptr<const SealedEpoch>> epochs_;
  int64_t begun_nanos_ = 0;

  std::set<int64_t> sealed_here_;  // Sequences, not committed yet.
  int64_t pending_bytes_ = 0;
  Gauge* pending_gauge_ = nullptr;
  Gauge* latency_gauge_ = nullptr;
};

}  // namespace millrace::kafka
