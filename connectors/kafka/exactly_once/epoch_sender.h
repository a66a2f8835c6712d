#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "connectors/kafka/exactly_once/id_progress.h"
#include "connectors/kafka/exactly_once/kafka_session.h"
#include "connectors/kafka/exactly_once/sealed_epoch.h"
#include "connectors/kafka/exactly_once/sink_errors.h"
#include "connectors/kafka/exactly_once/sink_topics.h"

namespace millrace::kafka {

// What to do where Kafka has lost the marker that says how far the output came:
// stop and tell; write all that is pending; leave all that is pending out.
enum class OnMarkerLoss { kStop, kReplay, kSkip };

// Brings sealed epochs of completed checkpoints to Kafka, each exactly once,
// whatever dies and however long it is away: decides which request is made in
// which session, and what an answer means.
//
//   R1   only epochs of completed checkpoints come here (runtime/operators)
//   R2   an epoch is sent under its own transactional id, after Init
//   R3   once a session, after Init: a nonce is committed, and markers are read
//        up to it; only what lies above the newest is sent
//   R4   a chunk is one transaction, its marker the last record
//   R5   after any answer but a clean one the session is given up; what it did
//        is read from the marker in the next
//   R6   a marker behind one that was acknowledged, or of a lineage that does
//        not fit, ends the attempt (or what OnMarkerLoss says)
//   R7   an epoch is done only when its last chunk was answered OK
//   R8   a marker of a lineage that followed the epoch's settles the epoch as
//        far as that one found it; a lineage's first marker names those before
//   R11  what was restored is one Begin, the first; nothing newer comes before
//        it is done, here and in all subtasks (SinkEpochs::Seal); no nonce of
//        it before all of its ids have been Init-ed
//   R12  what Kafka refuses for good parks the sink while output waits: it is
//        tried again, after growing pauses. Where nothing waits it ends
//        the attempt: whoever starts a job is told at once
//
// One machine for the writers that one subtask answers for: its own, and those
// of earlier attempts whose epochs it restored. Each is independent but for
// R11. Pure: no I/O, no clock. Sessions are numbers that are never used twice;
// what comes of one that was closed is dropped.
class EpochSender {
 public:
  // One subtask that was given up comes to about 17, in the minute after which
  // it ends, and there may be several. More: another job uses the id.
  static constexpr int kMostFenced = 60;
  static constexpr absl::Duration kFencedWithin = absl::Minutes(2);

  struct Options {
    std::string table, brokers;  // For messages.
    std::string run;      // No other machine ever has this name: of nonces.
    std::string transactional_id;  // Of the subtask's own writer.
    std::string output_topic;
    std::string commits_topic;
    int32_t partition = 0;   // Its own one in the commits topic.
    int32_t partitions = 1;  // That it must have.
    OnMarkerLoss on_marker_loss = OnMarkerLoss::kStop;
    absl::Duration transaction_timeout = absl::Seconds(60);
    // How long brokers may be away before anything was heard of them, where
    // nothing was restored that waits for them, and where it was.
    absl::Duration first_answer_within = absl::Seconds(10);
    absl::Duration first_answer_restored_within = absl::Minutes(10);
  };

  // Before any other event.
  struct Start {};
  // Epochs to be sent, those of one id ascending. REQUIRES: what the last Begin
  // brought is done.
  struct Begin {
    std::vector<SealedEpoch> epochs;  // `inlined` may be empty.
  };
  struct Answered {
    int64_t session = 0;
    session::Answer answer;
  };
  // A chunk that Send asked for cannot be read.
  struct Unreadable {
    absl::Status status;
  };
  using Event = std::variant<Start, Begin, Answered, Unreadable>;

  // To be done in their order.
  struct Open {
    int64_t session = 0;
    std::string transactional_id;
    int64_t batch_bytes = 0;  // As of SessionOptions.
  };
  struct Close {
    int64_t session = 0;
  };
  struct Ask {
    int64_t session = 0;
    session::Request request;
    absl::Duration wait;
  };
  // SendChunk, of the epoch `epoch` (counted as in Begin).
  struct Send {
    int64_t session = 0;
    size_t epoch = 0;
    int32_t chunk = 0;
  };
  using Action = std::variant<Open, Close, Ask, Send>;

  struct Actions {
    std::vector<Action> list;
    std::vector<std::string> warnings;  // For people.
    absl::Status failed;                // Not OK: the attempt ends.
  };

  explicit EpochSender(Options options);
  Actions Step(Event event, int64_t now_nanos);  // By Clock::SteadyNanos.

  // Why it is parked; OK: it is not.
  const absl::Status& parked() const { return parked_; }
  // Why nothing gets on: parked, or Tries::are_stuck.
  absl::Status Stuck() const;
  // All that Begin brought is committed.
  bool is_done() const { return left_ == 0; }
  // The topics can be used.
  bool is_checked() const { return facts_.has_value(); }
  const Options& options() const { return options_; }
  // Of the output topic; REQUIRES: is_checked().
  const session::TopicFacts& facts() const { return *facts_; }
  // The newest marker of the own id that is known to be committed.
  const std::optional<AcknowledgedMarker>& acknowledged() const {
    return ids_.at(options_.transactional_id).ledger.acknowledged();
  }

 private:
  using Stage = IdProgress::Stage;

  void OnBegin(std::vector<SealedEpoch> epochs);
  void OnAnswered(const Answered& event, int64_t now_nanos, Actions& actions);
  void OnOk(IdProgress& one, const session::Answer& answer, int64_t now_nanos,
            Actions& actions);
  void OnRetriable(IdProgress& one, const session::Answer& answer,
                   int64_t now_nanos, Actions& actions);
  // For good, as far as Kafka is asked.
  void OnRefused(IdProgress& one, absl::Status why, Actions& actions);
  void OnFenced(IdProgress& one, int64_t now_nanos, Actions& actions);
  void OnTopics(IdProgress& one, const session::Answer& answer,
                int64_t now_nanos, Actions& actions);
  void OnMarkers(IdProgress& one, const session::Answer& answer,
                 Actions& actions);
  void OnCommitted(IdProgress& one);
  void Forgive(IdProgress& one, const absl::Status& why, Actions& actions);
  // Goes on with every id that waits for nothing.
  void AdvanceAll(Actions& actions);
  void Advance(IdProgress& one, Actions& actions);
  void SendChunk(IdProgress& one, Actions& actions);
  void DropSettled(IdProgress& one);
  // Unless something that waits is still refused.
  void Unpark();
  void DropFirst(IdProgress& one);
  void Describe(Actions& actions);
  void AskOf(IdProgress& one, Stage stage, session::Request request,
             Actions& actions);
  void GiveUpSession(IdProgress& one, Actions& actions);
  void LookAgain(IdProgress& one, Actions& actions);
  // What a refusal asked for, when the own session may be asked.
  void LookIfIdle(Actions& actions);
  void CloseOthers(Actions& actions);
  IdProgress* ProgressOf(int64_t session);

  const Options options_;
  const SinkErrors errors_;
  std::map<std::string, IdProgress> ids_;  // By transactional id.
  std::vector<SealedEpoch> epochs_;    // Of the Begin under way.
  size_t left_ = 0;
  int64_t last_session_ = 0;
  int64_t started_nanos_ = 0;
  bool was_answered_ = false;
  absl::Status parked_;
  bool must_look_ = false;  // At the topics, again.
  std::optional<session::TopicFacts> facts_;  // Of the output topic.
};

}  // namespace millrace::kafka
