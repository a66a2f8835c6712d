#include "connectors/kafka/exactly_once/kafka_committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// In the words of whoever can do something about it. Only what is gone or
// damaged is so for good: a store that is away for now, slow or full is none of
// the epoch's faults, and the next attempt may find it well.
absl::Status UnreadableEpoch(const SealedEpoch& epoch, int32_t chunk,
                             const absl::Status& status) {
  const std::string file =
      epoch.files.empty() ? "" : absl::StrCat(", ", epoch.files[chunk].name);
  return MakeError(
      absl::IsDataLoss(status) || absl::IsNotFound(status)
          ? absl::StatusCode::kDataLoss
          : absl::StatusCode::kUnavailable,
      {.code = "SNK-0307",
       .what = "output that waits to be sent to Kafka cannot be read",
       .where = absl::StrCat("epoch ", epoch.sequence, " of job ",
                             epoch.lineage, file),
       .why = std::string(status.message()),
       .fix = file.empty()
                  ? "Start from another checkpoint."
                  : "Put the file back where the checkpoints are, or start "
                    "from another checkpoint."});
}

absl::StatusOr<std::shared_ptr<const SealedChunk>> LoadChunk(
    OutputFiles* files, const SealedEpoch& epoch, int32_t number) {
  auto chunk = std::make_shared<SealedChunk>();
  chunk->topics = epoch.topics;
  chunk->records = epoch.chunks[number].records;
  if (epoch.files.empty()) {
    int64_t offset = 0;
    for (int32_t i = 0; i < number; ++i) offset += epoch.chunks[i].size_bytes;
    chunk->blocks =
        epoch.inlined.substr(offset, epoch.chunks[number].size_bytes);
  } else if (files == nullptr) {
    return absl::NotFoundError("this run keeps no checkpoints");
  } else {
    ASSIGN_OR_RETURN(chunk->blocks, files->Get(epoch.files[number]));
  }
  RETURN_IF_ERROR(CheckBlocks(chunk->blocks, chunk->records));
  return chunk;
}

}  // namespace

KafkaCommitter::KafkaCommitter(EpochSender::Options options,
                               SessionOptions session,
                               Surroundings surroundings)
    : session_options_(std::move(session)),
      surroundings_(std::move(surroundings)),
      outcomes_(std::make_shared<Outcomes>(surroundings_.wake)),
      sender_(std::move(options)) {
  if (surroundings_.metrics == nullptr) return;
  pending_gauge_ = surroundings_.metrics->AddGauge(
      "sinkPendingWalBytes",
      "Output that is sealed and not committed to Kafka yet.");
  parked_gauge_ = surroundings_.metrics->AddGauge(
      "sinkParked", "1 while Kafka refuses output that waits, else 0.");
  latency_gauge_ = surroundings_.metrics->AddGauge(
      "sinkCommitLatencyMs",
      "From a completed checkpoint to its output being committed, last.");
}

absl::Status KafkaCommitter::Begin(std::vector<Committable> committables) {
  std::vector<SealedEpoch> begun;
  epochs_.clear();
  for (const Committable& one : committables) {
    auto epoch = SealedEpoch::From(one);
    if (!epoch.ok()) return UnreadableEpoch({}, 0, epoch.status());
    if (sealed_here_.erase(epoch->sequence) == 0) {
      is_restoring_ = true;
      AddPending(*epoch, 1);
    }
    epochs_.push_back(std::make_shared<const SealedEpoch>(*epoch));
    epoch->inlined.clear();
    begun.push_back(*std::move(epoch));
  }
  begun_nanos_ = surroundings_.clock->SteadyNanos();
  return Step(EpochSender::Begin{std::move(begun)});
}

absl::StatusOr<bool> KafkaCommitter::Poll() {
  if (!std::exchange(started_, true)) {
    RETURN_IF_ERROR(Step(EpochSender::Start()));
  }
  for (Outcome& outcome : outcomes_->TakeAll()) {
    RETURN_IF_ERROR(Take(std::move(outcome)));
  }
  if (!sender_.is_done()) return false;
  Finish();
  return true;
}

absl::Status KafkaCommitter::Take(Outcome outcome) {
  if (auto* loaded = std::get_if<Loaded>(&outcome)) {
    return Ask(loaded->session,
               session::SendChunk{.chunk = std::move(loaded->chunk)},
               absl::ZeroDuration());
  }
  if (auto* unreadable = std::get_if<EpochSender::Unreadable>(&outcome)) {
    return Step(*std::move(unreadable));
  }
  auto& answered = std::get<EpochSender::Answered>(outcome);
  // Its chunk was delivered, or not: it is in nobody's hands any more.
  if (sending_.erase(answered.session) > 0) LoadWaiting();
  const bool committed =
      committing_.erase(answered.session) > 0 &&
      answered.answer.outcome == session::Outcome::kOk;
  if (committed) RETURN_IF_ERROR(Failpoint("sink.after_commit"));
  return Step(std::move(answered));
}

absl::Status KafkaCommitter::Step(EpochSender::Event event) {
  EpochSender::Actions actions = sender_.Step(
      std::move(event), surroundings_.clock->SteadyNanos());
  for (const std::string& warning : actions.warnings) {
    surroundings_.warn(warning);
  }
  if (parked_gauge_ != nullptr) parked_gauge_->Set(!sender_.parked().ok());
  RETURN_IF_ERROR(actions.failed);
  for (EpochSender::Action& action : actions.list) {
    RETURN_IF_ERROR(Carry(std::move(action)));
  }
  return absl::OkStatus();
}

absl::Status KafkaCommitter::Carry(EpochSender::Action action) {
  if (auto* open = std::get_if<EpochSender::Open>(&action)) {
    session_options_.transactional_id = open->transactional_id;
    session_options_.batch_bytes = open->batch_bytes;
    ASSIGN_OR_RETURN(sessions_[open->session],
                     surroundings_.port->Open(session_options_));
    return absl::OkStatus();
  }
  if (const auto* close = std::get_if<EpochSender::Close>(&action)) {
    sessions_.erase(close->session);
    committing_.erase(close->session);
    sending_.erase(close->session);
    std::erase_if(waiting_, [&](const EpochSender::Send& send) {
      return send.session == close->session;
    });
    LoadWaiting();
    return absl::OkStatus();
  }
  if (const auto* send = std::get_if<EpochSender::Send>(&action)) {
    RETURN_IF_ERROR(Failpoint("sink.before_begin"));
    waiting_.push_back(*send);
    LoadWaiting();
    return absl::OkStatus();
  }
  auto& ask = std::get<EpochSender::Ask>(action);
  if (std::holds_alternative<session::SendMarker>(ask.request)) {
    RETURN_IF_ERROR(Failpoint("sink.before_marker"));
  } else if (std::holds_alternative<session::Commit>(ask.request)) {
    RETURN_IF_ERROR(Failpoint("sink.before_commit"));
    committing_.insert(ask.session);
  }
  return Ask(ask.session, std::move(ask.request), ask.wait);
}

absl::Status KafkaCommitter::Ask(int64_t session, session::Request request,
                                 absl::Duration wait) {
  const auto found = sessions_.find(session);
  // A chunk may come for a session that was given up meanwhile.
  if (found == sessions_.end()) return absl::OkStatus();
  found->second->Ask(std::move(request), wait,
                     [outcomes = outcomes_, session](session::Answer answer) {
                       outcomes->Post(EpochSender::Answered{
                           .session = session, .answer = std::move(answer)});
                     });
  return absl::OkStatus();
}

void KafkaCommitter::LoadWaiting() {
  while (!waiting_.empty() && sending_.size() < kMostChunks) {
    const EpochSender::Send send = waiting_.front();
    waiting_.pop_front();
    sending_.insert(send.session);
    Load(send);
  }
}

void KafkaCommitter::Load(const EpochSender::Send& send) {
  surroundings_.background->Post([epoch = epochs_[send.epoch],
                                  session = send.session, number = send.chunk,
                                  files = surroundings_.files,
                                  outcomes = outcomes_] {
    auto chunk = LoadChunk(files.get(), *epoch, number);
    if (chunk.ok()) {
      outcomes->Post(Loaded{.session = session, .chunk = *std::move(chunk)});
    } else {
      outcomes->Post(EpochSender::Unreadable{
          UnreadableEpoch(*epoch, number, chunk.status())});
    }
  });
}

void KafkaCommitter::Finish() {
  if (epochs_.empty()) return;
  for (const auto& epoch : epochs_) AddPending(*epoch, -1);
  epochs_.clear();
  is_restoring_ = false;
  if (latency_gauge_ != nullptr) {
    latency_gauge_->Set(
        (surroundings_.clock->SteadyNanos() - begun_nanos_) / 1'000'000);
  }
}

void KafkaCommitter::NoteSealed(const SealedEpoch& epoch) {
  sealed_here_.emplace(epoch.sequence, epoch.acknowledged);
  AddPending(epoch, 1);
}

bool KafkaCommitter::IsNeedless(const SealedEpoch& epoch) const {
  if (!epoch.chunks.empty()) return false;
  for (const auto& [sequence, acknowledged] : sealed_here_) {
    if (acknowledged == epoch.acknowledged) return true;
  }
  return std::any_of(epochs_.begin(), epochs_.end(), [&](const auto& begun) {
    return begun->transactional_id == epoch.transactional_id &&
           begun->acknowledged == epoch.acknowledged;
  });
}

void KafkaCommitter::AddPending(const SealedEpoch& epoch, int sign) {
  pending_bytes_ += sign * epoch.size_bytes();
  if (epoch.files.empty()) inlined_bytes_ += sign * epoch.size_bytes();
  if (pending_gauge_ != nullptr) pending_gauge_->Set(pending_bytes_);
}

}  // namespace millrace::kafka
