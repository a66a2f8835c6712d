#include "connectors/kafka/exactly_once/epoch_sender.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
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
  Line& own = lines_[options_.transactional_id];
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
  } else if (std::holds_alternative<Retry>(event)) {
    TryNow(actions);
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
    Line& line = lines_[epoch.transactional_id];
    line.id = epoch.transactional_id;
    line.topic = epoch.commits_topic;
    line.partition = epoch.partition;
    line.epochs.push_back(i);
  }
}

void EpochSender::OnAnswered(const Answered& event, int64_t now_nanos,
                               Actions& actions) {
  Line* const line = LineOf(event.session);
  if (line == nullptr) return;  // Of a session that was closed.
  const session::Answer& answer = event.answer;
  was_answered_ |= answer.outcome == Outcome::kOk;
  switch (answer.outcome) {
    case Outcome::kOk:
      return OnOk(*line, answer, now_nanos, actions);
    case Outcome::kSuspect:
      // Its commit counts; nothing else may follow in the session.
      if (line->stage == Stage::kCommitting) OnCommitted(*line);
      return GiveUpSession(*line, actions);
    case Outcome::kRetriable:
      return OnRetriable(*line, answer, now_nanos, actions);
    case Outcome::kFenced:
      return OnFenced(*line, now_nanos, actions);
    case Outcome::kUnknown:
      GiveUpSession(*line, actions);
      return LookAgain(*line, actions);
    case Outcome::kRefused:
      return OnRefused(
          *line,
          line->stage == Stage::kMaking
              ? errors_.CommitsTopicCannotBeMade(
                    options_.commits_topic, options_.partitions, answer.why)
              : errors_.Refused(StepOf(line->asked), line->id, answer.why),
          actions);
  }
}

void EpochSender::OnRefused(Line& line, absl::Status why, Actions& actions) {
  if (is_done()) {
    actions.failed = std::move(why);
    return;
  }
  if (parked_ != why) {
    actions.warnings.push_back(absl::StrCat(
        why.message(), " Nothing is lost: what waits is tried again."));
  }
  parked_ = std::move(why);
  ++line.refusals;
  GiveUpSession(line, actions);
  // Topics may have been made anew, or made to take more.
  const bool is_own = line.id == options_.transactional_id;
  if (is_own && line.stage == Stage::kNew) Describe(actions);
}

void EpochSender::LookAgain(Line& line, Actions& actions) {
  const bool is_own = line.id == options_.transactional_id;
  if (is_own && line.stage == Stage::kNew && line.tries % kLookAgain == 0) {
    Describe(actions);
  }
}

void EpochSender::TryNow(Actions& actions) {
  for (auto& [id, line] : lines_) {
    if (line.refusals == 0) continue;
    if (line.session != 0) actions.list.push_back(Close{line.session});
    line.session = 0;
    line.waits = false;
    line.stage = Stage::kNew;
    if (id == options_.transactional_id) Describe(actions);
  }
}

void EpochSender::OnOk(Line& line, const session::Answer& answer,
                         int64_t now_nanos, Actions& actions) {
  switch (line.stage) {
    case Stage::kDescribing:
      return OnTopics(line, answer, now_nanos, actions);
    case Stage::kMaking:
      return Describe(actions);
    case Stage::kInit:
      line.stage = Stage::kInitialized;
      return;
    case Stage::kNonce:
      return AskOf(line, Stage::kReading,
                   session::ReadMarkers{
                       .topic = line.topic,
                       .partition = line.partition,
                       .from_offset = ReadFrom(line),
                       .key = line.id,
                       .nonce_key = NonceKey(line.id),
                       .nonce = line.nonce},
                   actions);
    case Stage::kReading:
      return OnMarkers(line, answer, actions);
    case Stage::kSending:
      return AskOf(line, Stage::kMarking,
                   session::SendMarker{.topic = line.topic,
                                       .partition = line.partition,
                                       .key = line.id,
                                       .value = line.sent.Encode(line.id)},
                   actions);
    case Stage::kMarking:
      line.sent_offset = answer.offset;
      return AskOf(line, Stage::kCommitting, session::Commit(), actions);
    case Stage::kCommitting:
      return OnCommitted(line);
    case Stage::kNew:
    case Stage::kInitialized:
    case Stage::kReady:
      return;  // Nothing was asked.
  }
}

void EpochSender::OnRetriable(Line& line, const session::Answer& answer,
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
  switch (line.stage) {
    case Stage::kDescribing:
    case Stage::kMaking:
    case Stage::kInit:
    case Stage::kReading:
      WaitLonger(line);
      return AskOf(line, line.stage, line.asked, actions);
    default:
      // Records may have been sent: the next session decides.
      return GiveUpSession(line, actions);
  }
}

void EpochSender::OnFenced(Line& line, int64_t now_nanos, Actions& actions) {
  const int64_t since =
      now_nanos - absl::ToInt64Nanoseconds(kFencedWithin);
  line.fenced_at.push_back(now_nanos);
  while (line.fenced_at.front() < since) line.fenced_at.pop_front();
  if (line.fenced_at.size() > kMostFenced) {
    const auto& marker = line.ledger.marker();
    actions.failed =
        errors_.Fenced(line.id, marker ? marker->position.lineage : "");
    return;
  }
  GiveUpSession(line, actions);
}

void EpochSender::OnTopics(Line& line, const session::Answer& answer,
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
    WaitLonger(line);
    return Describe(actions);
  }
  if (!found.wrong.ok()) {
    return OnRefused(line, std::move(found.wrong), actions);
  }
  if (found.make) {
    WaitLonger(line);
    return AskOf(line, Stage::kMaking, *std::move(found.make), actions);
  }
  actions.warnings = std::move(found.warnings);
  facts_ = answer.topics[0];
  line.tries = 0;
  line.stage = Stage::kNew;
  if (line.batch_bytes <= BatchBytes()) return;
  // What it would put together the topic would refuse.
  actions.list.push_back(Close{line.session});
  line.session = 0;
}

void EpochSender::OnMarkers(Line& line, const session::Answer& answer,
                              Actions& actions) {
  line.stage = Stage::kReady;
  std::optional<CommitMarker> marker;
  absl::Status fits;
  if (answer.is_out_of_range) {
    fits = absl::NotFoundError(absl::StrCat(
        "the partition has no offset ", ReadFrom(line), " any more"));
  } else if (answer.marker) {
    auto decoded = CommitMarker::Decode(line.id, *answer.marker);
    fits = decoded.status();
    if (decoded.ok()) marker = *std::move(decoded);
  }
  fits.Update(line.ledger.Read(std::move(marker), answer.offset));
  for (const size_t epoch : line.epochs) {
    fits.Update(line.ledger.Fits(epochs_[epoch]));
  }
  if (fits.ok()) return;
  if (options_.on_marker_loss != OnMarkerLoss::kStop) {
    return Forgive(line, fits, actions);
  }
  actions.failed = errors_.MarkerLost(line.id, line.topic, line.partition,
                                      std::string(fits.message()));
}

void EpochSender::Forgive(Line& line, const absl::Status& why,
                            Actions& actions) {
  const bool replay = options_.on_marker_loss == OnMarkerLoss::kReplay;
  actions.warnings.push_back(absl::StrCat(
      "transactional id '", line.id, "': ", why.message(), "; ",
      line.epochs.size(), " epochs that wait are ",
      replay ? "written, maybe a second time" : "left out, maybe lost"));
  line.ledger.Forget();
  // A session that follows must find nothing wrong again.
  for (const size_t epoch : line.epochs) epochs_[epoch].acknowledged.reset();
  if (replay) {
    if (!line.epochs.empty()) line.ledger.BeginAt(epochs_[line.epochs.front()]);
    return;
  }
  while (!line.epochs.empty()) DropFirst(line);
}

void EpochSender::OnCommitted(Line& line) {
  line.ledger.Committed(line.sent, line.sent_offset);
  line.stage = Stage::kReady;
  line.tries = 0;
  Unpark(line);
  DropSettled(line);
}

void EpochSender::AdvanceAll(Actions& actions) {
  if (!is_checked()) return;
  bool all_initialized = true;
  for (auto& [id, line] : lines_) {
    if (line.epochs.empty()) continue;
    Advance(line, actions);
    all_initialized &= line.stage >= Stage::kInitialized;
  }
  for (auto& [id, line] : lines_) {
    if (!all_initialized || line.stage != Stage::kInitialized) continue;
    line.nonce = absl::StrCat(options_.run, "-", line.session);
    AskOf(line, Stage::kNonce,
          session::CommitNonce{.topic = line.topic,
                               .partition = line.partition,
                               .key = NonceKey(line.id),
                               .nonce = line.nonce},
          actions);
  }
  if (is_done()) CloseOthers(actions);
}

void EpochSender::Advance(Line& line, Actions& actions) {
  if (line.stage == Stage::kNew) {
    AskOf(line, Stage::kInit, session::Init(), actions);
  } else if (line.stage == Stage::kReady) {
    DropSettled(line);
    if (!line.epochs.empty()) return SendChunk(line, actions);
    line.tries = 0;
    Unpark(line);
  }
}

void EpochSender::SendChunk(Line& line, Actions& actions) {
  const size_t place = line.epochs.front();
  line.sent = line.ledger.NextOf(epochs_[place]);
  line.sent_offset = -1;
  line.stage = Stage::kSending;
  line.asked = session::SendChunk();
  actions.list.push_back(Send{.session = line.session,
                              .epoch = place,
                              .chunk = line.sent.position.chunk});
}

void EpochSender::DropSettled(Line& line) {
  while (!line.epochs.empty() &&
         line.ledger.Covers(epochs_[line.epochs.front()])) {
    DropFirst(line);
  }
}

void EpochSender::Unpark(Line& line) {
  if (std::exchange(line.refusals, 0) == 0) return;
  for (const auto& [id, other] : lines_) {
    if (other.refusals > 0) return;
  }
  parked_ = absl::OkStatus();
}

void EpochSender::DropFirst(Line& line) {
  line.epochs.pop_front();
  --left_;
}

int64_t EpochSender::ReadFrom(const Line& line) const {
  const auto& acknowledged = line.ledger.acknowledged();
  int64_t from = acknowledged ? acknowledged->offset : -1;
  if (from >= 0) return from;
  for (const size_t place : line.epochs) {
    const auto& known = epochs_[place].acknowledged;
    if (known) from = std::max(from, known->offset);
  }
  return from;
}

int64_t EpochSender::BatchBytes() const {
  int64_t most = SessionOptions::kBatchBytes;
  if (!facts_) return most;
  const auto found = facts_->config.find("max.message.bytes");
  int64_t bytes = 0;
  if (found != facts_->config.end() &&
      absl::SimpleAtoi(found->second, &bytes)) {
    most = std::clamp<int64_t>(bytes, 1, most);
  }
  return most;
}

void EpochSender::Describe(Actions& actions) {
  AskOf(lines_[options_.transactional_id], Stage::kDescribing,
        session::Describe{{options_.output_topic, options_.commits_topic}},
        actions);
}

void EpochSender::AskOf(Line& line, Stage stage, session::Request request,
                          Actions& actions) {
  if (line.session == 0) {
    line.session = ++last_session_;
    line.batch_bytes = BatchBytes();
    actions.list.push_back(
        Open{.session = line.session, .transactional_id = line.id,
             .batch_bytes = line.batch_bytes});
  }
  line.stage = stage;
  line.asked = request;
  actions.list.push_back(Ask{
      .session = line.session,
      .request = std::move(request),
      .wait = std::exchange(line.waits, false) ? WaitOf(line)
                                               : absl::ZeroDuration()});
}

absl::Duration EpochSender::WaitOf(const Line& line) {
  // 2^16 is beyond the longest waits.
  const auto doubled = [](absl::Duration first, int times) {
    return first * (1 << std::clamp(times - 1, 0, 16));
  };
  return line.refusals > 0
             ? std::min(kLongestParkedWait,
                        doubled(kFirstParkedWait, line.refusals))
             : std::min(kLongestWait, doubled(kFirstWait, line.tries));
}

void EpochSender::WaitLonger(Line& line) {
  ++line.tries;
  line.waits = true;
}

void EpochSender::GiveUpSession(Line& line, Actions& actions) {
  actions.list.push_back(Close{line.session});
  line.session = 0;
  WaitLonger(line);
  if (is_checked()) {
    line.stage = Stage::kNew;
  } else {
    Describe(actions);
  }
}

void EpochSender::CloseOthers(Actions& actions) {
  for (auto it = lines_.begin(); it != lines_.end();) {
    if (it->first == options_.transactional_id) {
      ++it;
      continue;
    }
    if (it->second.session != 0) {
      actions.list.push_back(Close{it->second.session});
    }
    it = lines_.erase(it);
  }
}

EpochSender::Line* EpochSender::LineOf(int64_t session) {
  for (auto& [id, line] : lines_) {
    if (line.session == session) return &line;
  }
  return nullptr;
}

}  // namespace millrace::kafka
