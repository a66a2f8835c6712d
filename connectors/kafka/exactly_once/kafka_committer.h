#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "connectors/kafka/exactly_once/epoch_sender.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/metrics.h"
#include "runtime/base/outcome_box.h"
#include "runtime/connector/output_files.h"
#include "runtime/connector/sink.h"

namespace millrace::kafka {

// Does what EpochSender decides: opens sessions, asks them, reads chunks of
// sealed epochs, and brings the answers back to the worker.
//
// One worker's. Sessions answer from threads of theirs, chunks are read in the
// background; both come by a box that wakes the worker. Errors: those of
// EpochSender; SNK-0307: a sealed epoch cannot be read, for good
// (kDataLoss) or for now (kUnavailable).
class KafkaCommitter {
 public:
  // In memory at once, of all sessions: one is sent while the next is read.
  static constexpr size_t kMostChunks = 2;

  // All of them outlive this.
  struct Surroundings {
    KafkaPort* port = nullptr;
    const Clock* clock = nullptr;
    Executor* background = nullptr;
    std::shared_ptr<OutputFiles> files = nullptr;  // Null: there are none.
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
  // Whether a checkpoint is as good without it: it has no records, and an epoch
  // of its id that waits was sealed with the same marker acknowledged. Whoever
  // restores that one shuts out who wrote before (R3), and misses a marker that
  // is lost (R6).
  bool IsNeedless(const SealedEpoch& epoch) const;
  // Whether what Begin brought was sealed by an earlier attempt.
  bool is_restoring() const { return is_restoring_; }
  // Of epochs that were sealed or restored and are not committed yet; and what
  // of that lies in no file.
  int64_t pending_bytes() const { return pending_bytes_; }
  int64_t inlined_bytes() const { return inlined_bytes_; }

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
  void LoadWaiting();
  void Load(const EpochSender::Send& send);
  absl::Status Take(Outcome outcome);
  void Finish();
  void AddPending(const SealedEpoch& epoch, int sign);

  SessionOptions session_options_;
  const Surroundings surroundings_;
  const std::shared_ptr<Outcomes> outcomes_;
  EpochSender sender_;
  bool started_ = false;
  std::map<int64_t, std::unique_ptr<KafkaSession>> sessions_;
  std::set<int64_t> committing_;  // Sessions that were asked to.
  std::set<int64_t> sending_;     // Those whose chunk is in memory.
  std::deque<EpochSender::Send> waiting_;  // For room there.
  // Of the Begin under way.
  std::vector<std::shared_ptr<const SealedEpoch>> epochs_;
  int64_t begun_nanos_ = 0;

  // By their sequences, not begun yet: what was acknowledged then.
  std::map<int64_t, std::optional<AcknowledgedMarker>> sealed_here_;
  bool is_restoring_ = false;
  int64_t pending_bytes_ = 0;
  int64_t inlined_bytes_ = 0;
  Gauge* pending_gauge_ = nullptr;
  Gauge* latency_gauge_ = nullptr;
  Gauge* parked_gauge_ = nullptr;
};

}  // namespace millrace::kafka
