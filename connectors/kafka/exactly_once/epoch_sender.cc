#include "connectors/kafka/exactly_once/epoch_sender.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"

namespace millrace::kafka {
namespace {

using session::Outcome;

absl::string_view StepOf(const session::Request& request) {
  static constexpr absl::string_view kSteps[] = {
      "describe the topics",     "make the commits topic",
      "begin transactions",      "write to the commits topic",
      "read the commits topic",  "take records",
      "write to the commits topic", "commit a transaction"};
  return kSteps[request.index()];
}

}  // namespace

EpochSender::EpochSender(Options options)
    : options_(std::move(options)),
      errors_(options_.table, options_.brokers) {
  IdProgress& own = ids_[options_.transactional_id];
  own.id = options_.transactional_id;
  own.topic = options_.commits_topic;
  own.partition = options_.partition;
}

EpochSender::Actions EpochSender::Step(Event event, int64_t now_nanos) {
  Actions actions;
  if (std::holds_alternative<Start>(event)) {
    started_nanos_ = now_nanos;
    Describe(actions);
  } else if (auto* begin = std::get_if<Begin>(&event)) {
    OnBegin(std::move(begin->epochs));
  } else if (auto* answered = std::get_if<Answered>(&event)) {
    OnAnswered(*answered, now_nanos, actions);
  } else {
    actions.failed = std::get<Unreadable>(event).status;
  }
  if (actions.failed.ok()) AdvanceAll(actions);
  return actions;
}

void EpochSender::OnBegin(std::vector<SealedEpoch> epochs) {
  MILLRACE_CHECK(is_done());
  epochs_ = std::move(epochs);
  left_ = epochs_.size();
  for (size_t i = 0; i < epochs_.size(); ++i) {
    SealedEpoch& epoch = epochs_[i];
    epoch.inlined.clear();
    IdProgress& one = ids_[epoch.transactional_id];
    one.id = epoch.transactional_id;
    one.topic = epoch.commits_topic;
    one.partition = epoch.partition;
    one.epochs.push_back(i);
  }
}

void EpochSender::OnAnswered(const Answered& event, int64_t now_nanos,
                               Actions& actions) {
  IdProgress* const one = ProgressOf(event.session);
  if (one == nullptr) return;  // Of a session that was closed.
  const session::Answer& answer = event.answer;
  if (answer.outcome != Outcome::kOk) one->tries.SetTrouble(answer.why);
  was_answered_ |= answer.outcome == Outcome::kOk;
  switch (answer.outcome) {
    case Outcome::kOk:
      return OnOk(*one, answer, now_nanos, actions);
    case Outcome::kSuspect:
      // Its commit counts; nothing else may follow in the session.
      if (one->stage == Stage::kCommitting) OnCommitted(*one);
      return GiveUpSession(*one, actions);
    case Outcome::kRetriable:
      return OnRetriable(*one, answer, now_nanos, actions);
    case Outcome::kFenced:
      return OnFenced(*one, now_nanos, actions);
    case Outcome::kUnknown:
      GiveUpSession(*one, actions);
      return LookAgain(*one, actions);
    case Outcome::kRefused:
      if (answer.is_too_large) {
        one->most_batch_bytes = std::max<int64_t>(one->batch_bytes / 2, 1);
      }
      return OnRefused(
          *one,
          one->stage == Stage::kMaking
              ? errors_.CommitsTopicCannotBeMade(
                    options_.commits_topic, options_.partitions, answer.why)
              : errors_.Refused(StepOf(one->asked), one->id, answer.why),
          actions);
  }
}

void EpochSender::OnRefused(IdProgress& one, absl::Status why,
                            Actions& actions) {
  // Looked at for the sake of what is settled by now; whatever comes next will
  // be told.
  if (is_done() && is_checked()) return GiveUpSession(one, actions);
  if (is_done()) {
    actions.failed = std::move(why);
    return;
  }
  if (parked_ != why) {
    actions.warnings.push_back(absl::StrCat(
        why.message(), " Nothing is lost: what waits is tried again."));
  }
  parked_ = std::move(why);
  one.tries.Refuse();
  GiveUpSession(one, actions);
  // Topics may have been made anew, or made to take more, or less.
  must_look_ = is_checked();
}

absl::Status EpochSender::Stuck() const {
  if (is_done() || !parked_.ok()) return parked_;
  for (const auto& [id, one] : ids_) {
    if (one.epochs.empty() || !one.tries.are_stuck()) continue;
    return absl::UnavailableError(absl::StrCat(
        "Kafka (", options_.brokers, ") has not taken it ",
        one.tries.fruitless(), " times in a row: ", one.tries.trouble()));
  }
  return absl::OkStatus();
}

void EpochSender::LookAgain(IdProgress& one, Actions& actions) {
  const bool is_own = one.id == options_.transactional_id;
  if (is_own && one.stage == Stage::kNew && one.tries.want_a_look()) {
    Describe(actions);
  }
}

void EpochSender::LookIfIdle(Actions& actions) {
  IdProgress& own = ids_[options_.transactional_id];
  const bool is_idle = own.stage == Stage::kNew ||
                       own.stage == Stage::kInitialized ||
                       own.stage == Stage::kReady;
  if (!must_look_ || !is_idle) return;
  if (own.stage != Stage::kNew) {
    // Its session had its Init, which the next look is followed by.
    actions.list.push_back(Close{own.session});
    own.session = 0;
  }
  Describe(actions);
}

void EpochSender::OnOk(IdProgress& one, const session::Answer& answer,
                         int64_t now_nanos, Actions& actions) {
  switch (one.stage) {
    case Stage::kDescribing:
      return OnTopics(one, answer, now_nanos, actions);
    case Stage::kMaking:
      return Describe(actions);
    case Stage::kInitializing:
      one.stage = Stage::kInitialized;
      return;
    case Stage::kCommittingNonce:
      return AskOf(one, Stage::kReadingMarkers,
                   session::ReadMarkers{
                       .topic = one.topic,
                       .partition = one.partition,
                       .from_offset = one.ReadFrom(epochs_),
                       .key = one.id,
                       .nonce_key = NonceKey(one.id),
                       .nonce = one.nonce},
                   actions);
    case Stage::kReadingMarkers:
      return OnMarkers(one, answer, actions);
    case Stage::kSending:
      return AskOf(one, Stage::kMarking,
                   session::SendMarker{.topic = one.topic,
                                       .partition = one.partition,
                                       .key = one.id,
                                       .value = one.sent.Encode(one.id)},
                   actions);
    case Stage::kMarking:
      one.sent_offset = answer.offset;
      return AskOf(one, Stage::kCommitting, session::Commit(), actions);
    case Stage::kCommitting:
      return OnCommitted(one);
    case Stage::kNew:
    case Stage::kInitialized:
    case Stage::kReady:
      return;  // Nothing was asked.
  }
}

void EpochSender::OnRetriable(IdProgress& one, const session::Answer& answer,
                                int64_t now_nanos, Actions& actions) {
  const absl::Duration within = is_done()
                                    ? options_.first_answer_within
                                    : options_.first_answer_restored_within;
  const bool is_late =
      now_nanos - started_nanos_ > absl::ToInt64Nanoseconds(within);
  if (!was_answered_ && is_late) {
    actions.failed = errors_.NobodyThere(answer.why);
    return;
  }
  switch (one.stage) {
    case Stage::kDescribing:
    case Stage::kMaking:
    case Stage::kInitializing:
    case Stage::kReadingMarkers:
      one.tries.Fail();
      return AskOf(one, one.stage, one.asked, actions);
    default:
      // Records may have been sent: the next session decides.
      return GiveUpSession(one, actions);
  }
}

void EpochSender::OnFenced(IdProgress& one, int64_t now_nanos,
                           Actions& actions) {
  const int64_t since =
      now_nanos - absl::ToInt64Nanoseconds(kFencedWithin);
  one.fenced_at.push_back(now_nanos);
  while (one.fenced_at.front() < since) one.fenced_at.pop_front();
  if (one.fenced_at.size() > kMostFenced) {
    const auto& marker = one.ledger.marker();
    actions.failed =
        errors_.Fenced(one.id, marker ? marker->position.lineage : "");
    return;
  }
  GiveUpSession(one, actions);
}

void EpochSender::OnTopics(IdProgress& one, const session::Answer& answer,
                             int64_t now_nanos, Actions& actions) {
  TopicFindings found = CheckTopics(
      {.table = options_.table,
       .brokers = options_.brokers,
       .output = options_.output_topic,
       .commits = options_.commits_topic,
       .partitions = options_.partitions,
       .transaction_timeout = options_.transaction_timeout},
      answer);
  const bool may_wait =
      now_nanos - started_nanos_ <=
      absl::ToInt64Nanoseconds(options_.first_answer_within);
  if (absl::IsUnavailable(found.wrong) && may_wait) {
    one.tries.Fail();
    return Describe(actions);
  }
  if (!found.wrong.ok()) {
    return OnRefused(one, std::move(found.wrong), actions);
  }
  if (found.make) {
    one.tries.Fail();
    return AskOf(one, Stage::kMaking, *std::move(found.make), actions);
  }
  actions.warnings = std::move(found.warnings);
  const bool differs = facts_ && facts_->config != answer.topics[0].config;
  facts_ = answer.topics[0];
  one.tries.BeginAnew();
  one.stage = Stage::kNew;
  for (auto& [id, other] : ids_) {
    if (differs) other.most_batch_bytes = SessionOptions::kBatchBytes;
    if (other.session == 0 || other.batch_bytes <= other.BatchBytes(facts_)) {
      continue;
    }
    // What it would put together the topic would refuse.
    actions.list.push_back(Close{other.session});
    other.session = 0;
    other.stage = Stage::kNew;
    other.tries.SetWaits(&other != &one && other.tries.is_refused());
  }
}

void EpochSender::OnMarkers(IdProgress& one, const session::Answer& answer,
                              Actions& actions) {
  one.stage = Stage::kReady;
  std::optional<CommitMarker> marker;
  absl::Status fits;
  if (answer.is_out_of_range) {
    fits = absl::NotFoundError(absl::StrCat(
        "the partition has no offset ", one.ReadFrom(epochs_), " any more"));
  } else if (answer.marker) {
    auto decoded = CommitMarker::Decode(one.id, *answer.marker);
    fits = decoded.status();
    if (decoded.ok()) marker = *std::move(decoded);
  }
  fits.Update(one.ledger.Read(std::move(marker), answer.offset));
  for (const size_t epoch : one.epochs) {
    fits.Update(one.ledger.Fits(epochs_[epoch]));
  }
  if (fits.ok()) return;
  if (options_.on_marker_loss != OnMarkerLoss::kStop) {
    return Forgive(one, fits, actions);
  }
  actions.failed = errors_.MarkerLost(one.id, one.topic, one.partition,
                                      std::string(fits.message()));
}

void EpochSender::Forgive(IdProgress& one, const absl::Status& why,
                            Actions& actions) {
  const bool replay = options_.on_marker_loss == OnMarkerLoss::kReplay;
  actions.warnings.push_back(absl::StrCat(
      "transactional id '", one.id, "': ", why.message(), "; ",
      one.epochs.size(), " epochs that wait are ",
      replay ? "written, maybe a second time" : "left out, maybe lost"));
  one.ledger.Forget();
  // A session that follows must find nothing wrong again.
  for (const size_t epoch : one.epochs) epochs_[epoch].acknowledged.reset();
  if (replay) {
    if (!one.epochs.empty()) one.ledger.BeginAt(epochs_[one.epochs.front()]);
    return;
  }
  while (!one.epochs.empty()) DropFirst(one);
}

void EpochSender::OnCommitted(IdProgress& one) {
  one.ledger.Committed(one.sent, one.sent_offset);
  one.stage = Stage::kReady;
  one.tries.Succeed();
  one.tries.ForgetRefusals();
  Unpark();
  DropSettled(one);
}

void EpochSender::AdvanceAll(Actions& actions) {
  if (!is_checked()) return;
  LookIfIdle(actions);
  bool all_initialized = true;
  for (auto& [id, one] : ids_) {
    if (one.epochs.empty()) continue;
    Advance(one, actions);
    all_initialized &= one.stage >= Stage::kInitialized;
  }
  for (auto& [id, one] : ids_) {
    if (!all_initialized || one.stage != Stage::kInitialized) continue;
    one.nonce = absl::StrCat(options_.run, "-", one.session);
    AskOf(one, Stage::kCommittingNonce,
          session::CommitNonce{.topic = one.topic,
                               .partition = one.partition,
                               .key = NonceKey(one.id),
                               .nonce = one.nonce},
          actions);
  }
  if (is_done()) CloseOthers(actions);
}

void EpochSender::Advance(IdProgress& one, Actions& actions) {
  if (one.stage == Stage::kNew) {
    AskOf(one, Stage::kInitializing, session::Init(), actions);
  } else if (one.stage == Stage::kReady) {
    DropSettled(one);
    if (!one.epochs.empty()) return SendChunk(one, actions);
    one.tries.Succeed();
  }
}

void EpochSender::SendChunk(IdProgress& one, Actions& actions) {
  const size_t place = one.epochs.front();
  one.sent = one.ledger.NextOf(epochs_[place]);
  one.sent_offset = -1;
  one.stage = Stage::kSending;
  one.asked = session::SendChunk();
  actions.list.push_back(Send{.session = one.session,
                              .epoch = place,
                              .chunk = one.sent.position.chunk});
}

void EpochSender::DropSettled(IdProgress& one) {
  while (!one.epochs.empty() &&
         one.ledger.Covers(epochs_[one.epochs.front()])) {
    DropFirst(one);
  }
}

void EpochSender::Unpark() {
  for (const auto& [id, one] : ids_) {
    if (one.tries.is_refused() && !one.epochs.empty()) return;
  }
  parked_ = absl::OkStatus();
}

void EpochSender::DropFirst(IdProgress& one) {
  one.epochs.pop_front();
  --left_;
  if (one.epochs.empty()) one.tries.ForgetRefusals();
  Unpark();
}

void EpochSender::Describe(Actions& actions) {
  must_look_ = false;
  AskOf(ids_[options_.transactional_id], Stage::kDescribing,
        session::Describe{{options_.output_topic, options_.commits_topic}},
        actions);
}

void EpochSender::AskOf(IdProgress& one, Stage stage, session::Request request,
                          Actions& actions) {
  if (one.session == 0) {
    one.session = ++last_session_;
    one.batch_bytes = one.BatchBytes(facts_);
    actions.list.push_back(
        Open{.session = one.session, .transactional_id = one.id,
             .batch_bytes = one.batch_bytes});
  }
  one.stage = stage;
  one.asked = request;
  actions.list.push_back(Ask{
      .session = one.session,
      .request = std::move(request),
      .wait = one.tries.TakeWait()});
}

void EpochSender::GiveUpSession(IdProgress& one, Actions& actions) {
  actions.list.push_back(Close{one.session});
  one.session = 0;
  one.tries.Fail();
  if (is_checked()) {
    one.stage = Stage::kNew;
  } else {
    Describe(actions);
  }
}

void EpochSender::CloseOthers(Actions& actions) {
  for (auto it = ids_.begin(); it != ids_.end();) {
    if (it->first == options_.transactional_id) {
      it->second.tries.ForgetRefusals();
      ++it;
      continue;
    }
    if (it->second.session != 0) {
      actions.list.push_back(Close{it->second.session});
    }
    it = ids_.erase(it);
  }
  Unpark();
}

IdProgress* EpochSender::ProgressOf(int64_t session) {
  for (auto& [id, one] : ids_) {
    if (one.session == session) return &one;
  }
  return nullptr;
}

}  // namespace millrace::kafka
