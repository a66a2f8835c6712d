#include "jobmanager/checkpoint_coordinator.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

constexpr absl::string_view kHasEnded = "the job has ended";

}  // namespace

CheckpointCoordinator::CheckpointCoordinator(Options options)
    : options_(std::move(options)),
      schedule_(options_.config.interval, options_.config.min_pause),
      retained_(options_.config.retained) {}

std::vector<checkpoint::Action> CheckpointCoordinator::Step(
    Event event, absl::Duration now) {
  now_ = now;
  Actions actions;
  std::visit([&](auto& part) { On(std::move(part), actions); }, event);
  BeginNext(actions);
  Settle(actions);
  return actions;
}

absl::Duration CheckpointCoordinator::WakeAt() const {
  absl::Duration at = forget_again_at_;
  if (current_) return std::min(at, CurrentDue());
  if (!attempt_) return at;
  if (final_) return std::min(at, repeat_final_at_);
  if (attempt_->running.empty()) return std::min(at, final_from_);
  return options_.has_store ? std::min(at, schedule_.due()) : at;
}

absl::Duration CheckpointCoordinator::CurrentDue() const {
  if (current_->retry_at != absl::InfiniteDuration()) {
    return current_->retry_at;
  }
  const bool may_be_given_up = current_->phase == Phase::kReserving ||
                               current_->phase == Phase::kCollecting;
  return may_be_given_up ? current_->begun + options_.config.timeout
                         : absl::InfiniteDuration();
}

void CheckpointCoordinator::On(checkpoint::AttemptStarted event,
                               Actions& actions) {
  if (ended_) return;
  attempt_ = {.number = event.attempt, .subtasks = event.subtasks};
  attempt_->running.insert(event.subtasks.begin(), event.subtasks.end());
  schedule_.Restart(now_);
  failures_in_a_row_ = 0;
  final_.reset();
  final_from_ = now_;
  const Manifest* restored = event.restored.get();
  if (restored != nullptr && event.is_borrowed) {
    retained_.Borrow(*restored);
    restored = nullptr;
  }
  if (latest_ && (restored == nullptr || restored->checkpoint < *latest_)) {
    FailAttempt(
        MakeError(absl::StatusCode::kDataLoss,
                  {.code = "JOB-0033",
                   .what = "the latest checkpoint is gone from the store",
                   .where = absl::StrCat("checkpoint ", latest_->value()),
                   .fix = "Bring the store of checkpoints back from a copy."}),
        actions);
    return;
  }
  if (restored == nullptr) return;
  latest_ = restored->checkpoint;
  last_id_ = std::max(last_id_, *latest_);
  if (!options_.has_store) return;
  for (const Manifest& older : event.older) retained_.Keep(older);
  Delete(retained_.Keep(*restored), actions);
}

void CheckpointCoordinator::On(checkpoint::AttemptEnded, Actions& actions) {
  attempt_.reset();
  settling_ = true;
  DoomCurrent(actions);
}

void CheckpointCoordinator::On(checkpoint::JobEnded event, Actions& actions) {
  if (ended_) return;
  attempt_.reset();
  ended_ = event.state;
  settling_ = true;
  forget_ = options_.has_store && options_.config.ForgetsAt(event.state);
  Answer(requests_.TakeAll(), absl::FailedPreconditionError(kHasEnded),
         actions);
  DoomCurrent(actions);
}

void CheckpointCoordinator::On(checkpoint::Tick, Actions& actions) {
  if (current_ && now_ >= CurrentDue()) OnCurrentDue(actions);
  if (attempt_ && final_ && now_ >= repeat_final_at_) {
    repeat_final_at_ = now_ + kRepeatFinal;
    actions.push_back(checkpoint::Complete{*final_, true});
  }
  if (forgetting_ && now_ >= forget_again_at_) {
    forget_again_at_ = absl::InfiniteDuration();
    actions.push_back(checkpoint::ForgetJob{*forgetting_});
  }
}

void CheckpointCoordinator::On(checkpoint::Asked event, Actions& actions) {
  absl::string_view why;
  if (!options_.has_store) {
    why = "the job keeps no checkpoints; set execution.checkpointing.dir";
  } else if (ended_ || final_) {
    why = kHasEnded;
  } else if (!requests_.Add(event.request, event.savepoint)) {
    why = "too many requests wait already";
  }
  if (why.empty()) return;
  Answer({event.request}, absl::FailedPreconditionError(why), actions);
}

void CheckpointCoordinator::On(checkpoint::SavepointReleased event,
                               Actions& actions) {
  Delete(retained_.Release(event.checkpoint), actions);
}

void CheckpointCoordinator::On(checkpoint::IdReserved event,
                               Actions& actions) {
  if (!IsUnderWay(Phase::kReserving)) return;  // Given up; the id stays unused.
  if (!event.id.ok()) {
    return OnRefusal(event.id.status(), "reserving an id", actions);
  }
  if (*event.id <= last_id_) {
    return FailCurrent(
        absl::InternalError(absl::StrCat("id ", event.id->value(),
                                         " came after ", last_id_.value())),
        actions);
  }
  current_->manifest.enumerators = std::move(event.enumerators);
  current_->manifest.triggered_ms = event.wall_ms;
  SendBarrier(*event.id, actions);
}

void CheckpointCoordinator::On(checkpoint::TriggerFailed event,
                               Actions& actions) {
  if (!IsUnderWay(Phase::kCollecting) ||
      current_->manifest.checkpoint != event.checkpoint) {
    return;
  }
  FailCurrent(Annotate(event.failure, "sending its barrier"), actions);
}

void CheckpointCoordinator::On(checkpoint::Acknowledged event,
                               Actions& actions) {
  Acknowledgement& part = event.part;
  const bool current = current_ && current_->attempt == event.attempt &&
                       current_->manifest.checkpoint == part.checkpoint;
  // Of a checkpoint that was given up, or said again of one that counts.
  if (!current) return DeleteUploads(event, actions);
  if (!current_->IsMissing(part.subtask)) return;  // Said again.
  absl::Status status = part.snapshots.status();
  if (status.ok() && options_.has_store) {
    const auto stray = FilesFor(event.attempt, part.checkpoint)
                           .Stray(*part.snapshots, retained_);
    if (stray) {
      status = absl::InternalError(absl::StrCat(
          "its snapshot builds on ", *stray,
          ", a file of no checkpoint that counts"));
    }
  }
  if (!status.ok()) {
    DeleteUploads(event, actions);
    FailCurrent(Annotate(status, absl::StrCat("subtask ",
                                              part.subtask.vertex.value(), "[",
                                              part.subtask.index, "]")),
                actions);
    return;
  }
  retained_.Hold(part.checkpoint, *part.snapshots);
  current_->Record(part.subtask, *std::move(part.snapshots));
  if (current_->AllRecorded()) OnAllAcknowledged(actions);
}

void CheckpointCoordinator::DeleteUploads(
    const checkpoint::Acknowledged& event, Actions& actions) {
  if (!options_.has_store || !event.part.snapshots.ok()) return;
  Delete(FilesFor(event.attempt, event.part.checkpoint)
             .Waste(*event.part.snapshots, retained_),
         actions);
}

void CheckpointCoordinator::On(checkpoint::Drained event, Actions&) {
  if (!attempt_ || attempt_->number != event.attempt) return;
  attempt_->running.erase(event.subtask);
}

void CheckpointCoordinator::On(checkpoint::ManifestWritten event,
                               Actions& actions) {
  if (!IsUnderWay(Phase::kWriting)) return;
  if (!current_->doomed.ok()) {
    DropCurrent(current_->doomed, actions);
  } else if (!event.status.ok()) {
    OnRefusal(event.status, "writing its manifest", actions);
  } else if (current_->is_savepoint()) {
    CompleteCurrent(actions);
  } else {
    current_->phase = Phase::kSwapping;
    AskStore(actions);
  }
}

void CheckpointCoordinator::On(checkpoint::PointerSwapped event,
                               Actions& actions) {
  if (!IsUnderWay(Phase::kSwapping)) return;
  if (event.status.ok()) return CompleteCurrent(actions);
  current_->in_doubt |= !absl::IsUnavailable(event.status);
  OnRefusal(event.status, "moving the pointer to it", actions);
}

void CheckpointCoordinator::OnRefusal(const absl::Status& status,
                                      absl::string_view doing,
                                      Actions& actions) {
  if (absl::IsAborted(status)) {
    LeaveCurrent(
        MakeError(absl::StatusCode::kFailedPrecondition,
                  {.code = "JOB-0032",
                   .what = "another process runs this job",
                   .why = std::string(status.message()),
                   .fix = "Stop one of the two; this one has stopped."}),
        actions);
  } else if (absl::IsUnavailable(status) || absl::IsUnknown(status)) {
    AskLater(actions);
  } else if (current_->in_doubt) {
    LeaveCurrent(Annotate(status, doing), actions);
  } else {
    FailCurrent(Annotate(status, doing), actions);
  }
}

void CheckpointCoordinator::On(checkpoint::JobForgotten event, Actions&) {
  if (!forgetting_) return;
  if (event.status.ok() || absl::IsAborted(event.status) ||
      ++forget_tries_ == kForgetTries) {
    forgetting_.reset();
  } else {
    forget_again_at_ = now_ + kRetry;
  }
}

void CheckpointCoordinator::On(checkpoint::Listed event, Actions& actions) {
  if (ended_) return;
  Delete(retained_.Survey(event.savepoints, options_.job_id, event.names,
                          event.next),
         actions);
}

void CheckpointCoordinator::BeginNext(Actions& actions) {
  if (!attempt_ || current_ || final_) return;
  if (!requests_.empty()) {
    Begin(requests_.first(), actions);
  } else if (attempt_->running.empty()) {
    if (now_ >= final_from_) Begin(CheckpointKind::kFinal, actions);
  } else if (options_.has_store && now_ >= schedule_.due()) {
    Begin(CheckpointKind::kPeriodic, actions);
  }
}

void CheckpointCoordinator::Begin(CheckpointKind kind, Actions& actions) {
  current_.emplace(kind, attempt_->number, attempt_->subtasks, now_);
  if (kind == CheckpointKind::kPeriodic) schedule_.OnBegun(now_);
  current_->requests = requests_.Take(kind);
  if (options_.has_store) {
    AskStore(actions);
  } else {
    SendBarrier(last_id_.Next(), actions);
  }
}

void CheckpointCoordinator::SendBarrier(CheckpointId id, Actions& actions) {
  last_id_ = id;
  retained_.Begin(id);
  Manifest& manifest = current_->manifest;
  manifest.job_id = options_.job_id;
  manifest.job_name = options_.job_name;
  manifest.checkpoint = id;
  manifest.is_savepoint = current_->is_savepoint();
  manifest.max_parallelism = options_.max_parallelism;
  manifest.vertices = options_.vertices;
  current_->phase = Phase::kCollecting;
  actions.push_back(
      current_->ReportAt(now_, CheckpointReport::Outcome::kBegun));
  actions.push_back(checkpoint::Trigger{id});
}

void CheckpointCoordinator::OnAllAcknowledged(Actions& actions) {
  if (!options_.has_store) return CompleteCurrent(actions);
  std::vector<OperatorSnapshot>& operators = current_->manifest.operators;
  std::sort(operators.begin(), operators.end(),
            [](const OperatorSnapshot& a, const OperatorSnapshot& b) {
              return std::tie(a.uid, a.subtask) < std::tie(b.uid, b.subtask);
            });
  current_->phase = Phase::kWriting;
  AskStore(actions);
}

void CheckpointCoordinator::CompleteCurrent(Actions& actions) {
  const CheckpointInProgress done = std::move(*current_);
  current_.reset();
  const CheckpointId id = done.manifest.checkpoint;
  CheckpointReport report =
      done.ReportAt(now_, CheckpointReport::Outcome::kCompleted);
  const SnapshotFiles::Size size =
      FilesFor(done.attempt, id).SizeOf(done.manifest.operators);
  report.state_bytes = size.all_bytes;
  report.written_bytes = size.written_bytes;
  if (!done.is_savepoint()) {
    if (options_.has_store) latest_ = id;
    failures_in_a_row_ = 0;
    schedule_.OnEnded(now_);
    const bool final = done.kind == CheckpointKind::kFinal;
    if (attempt_ && attempt_->number == done.attempt) {
      actions.push_back(checkpoint::Complete{id, final});
      if (final) {
        final_ = id;
        repeat_final_at_ = now_ + kRepeatFinal;
        Answer(requests_.TakeAll(), absl::FailedPreconditionError(kHasEnded),
               actions);
      }
    }
  }
  Answer(done.requests, id, actions);
  actions.push_back(std::move(report));
  if (!options_.has_store) {
    retained_.Abandon(id);
    return;
  }
  Delete(retained_.Keep(done.manifest), actions);
}

void CheckpointCoordinator::FailCurrent(absl::Status cause,
                                        Actions& actions) {
  const CheckpointKind kind = current_->kind;
  const CheckpointId id = current_->manifest.checkpoint;
  DropCurrent(cause, actions);
  if (kind == CheckpointKind::kSavepoint) return;
  const int tolerable = options_.config.tolerable_failures;
  if (++failures_in_a_row_ <= tolerable) return;
  const ErrorInfo info = {
      .code = "JOB-0034",
      .what = absl::StrCat("checkpoint ", id.value(), " failed, ", tolerable,
                           " failures in a row being tolerated"),
      .why = std::string(cause.message())};
  FailAttempt(MakeError(cause.code(), info), actions);
}

void CheckpointCoordinator::DropCurrent(absl::Status cause,
                                        Actions& actions) {
  const CheckpointInProgress dropped = std::move(*current_);
  current_.reset();
  if (!dropped.is_savepoint()) schedule_.OnEnded(now_);
  final_from_ = now_ + kRetry;
  const CheckpointId id = dropped.manifest.checkpoint;
  if (dropped.phase != Phase::kReserving) {
    if (attempt_) actions.push_back(checkpoint::Abort{id});
    std::vector<std::string> waste = retained_.Abandon(id);
    if (dropped.phase != Phase::kCollecting) {
      // It first: without its files it must not be found.
      waste.insert(waste.begin(), ManifestName(options_.job_id, id));
    }
    if (options_.has_store) Delete(std::move(waste), actions);
  }
  Report(dropped, cause, actions);
}

void CheckpointCoordinator::Report(const CheckpointInProgress& failed,
                                   const absl::Status& cause,
                                   Actions& actions) const {
  Answer(failed.requests, cause, actions);
  CheckpointReport report =
      failed.ReportAt(now_, CheckpointReport::Outcome::kFailed);
  report.failure = cause;
  actions.push_back(std::move(report));
}

void CheckpointCoordinator::LeaveCurrent(absl::Status cause,
                                         Actions& actions) {
  const CheckpointInProgress left = std::move(*current_);
  current_.reset();
  Report(left, cause, actions);
  FailAttempt(std::move(cause), actions);
}

void CheckpointCoordinator::DoomCurrent(Actions& actions) {
  if (!current_) return;
  current_->doomed = absl::CancelledError("its attempt has ended");
  if (current_->phase == Phase::kReserving ||
      current_->phase == Phase::kCollecting) {
    DropCurrent(current_->doomed, actions);
  } else if (current_->retry_at != absl::InfiniteDuration()) {
    AskLater(actions);
  }  // Else the store's answer comes.
}

void CheckpointCoordinator::AskStore(Actions& actions) {
  current_->retry_at = absl::InfiniteDuration();
  switch (current_->phase) {
    case Phase::kReserving:
      actions.push_back(checkpoint::ReserveId{});
      break;
    case Phase::kCollecting:
      break;
    case Phase::kWriting:
      actions.push_back(checkpoint::WriteManifest{
          std::make_shared<Manifest>(current_->manifest)});
      break;
    case Phase::kSwapping:
      actions.push_back(
          checkpoint::SwapPointer{current_->manifest.checkpoint});
      break;
  }
}

void CheckpointCoordinator::AskLater(Actions& actions) {
  if (!current_->in_doubt && !current_->doomed.ok()) {
    DropCurrent(current_->doomed, actions);
  } else if (ended_) {
    // Nobody is left to ask again. Whatever the outcome, what it needs stays.
    Report(*current_, current_->doomed, actions);
    current_.reset();
  } else {
    current_->retry_at = now_ + kRetry;
  }
}

void CheckpointCoordinator::OnCurrentDue(Actions& actions) {
  const absl::Duration limit = options_.config.timeout;
  const bool late = now_ >= current_->begun + limit;
  if (!late || current_->in_doubt) return AskStore(actions);
  const std::string why = current_->phase == Phase::kCollecting
                              ? current_->MissingText()
                              : "the store did not answer";
  FailCurrent(absl::DeadlineExceededError(
                  absl::StrCat("not done within ",
                               absl::FormatDuration(limit), ": ", why)),
              actions);
}

void CheckpointCoordinator::FailAttempt(absl::Status cause,
                                        Actions& actions) {
  attempt_.reset();
  actions.push_back(checkpoint::FailAttempt{std::move(cause)});
}

void CheckpointCoordinator::Answer(
    const std::vector<int64_t>& requests,
    const absl::StatusOr<CheckpointId>& outcome, Actions& actions) {
  for (const int64_t request : requests) {
    actions.push_back(checkpoint::Answer{request, outcome});
  }
}

void CheckpointCoordinator::Settle(Actions& actions) {
  if (!settling_ || current_ || forgetting_) return;
  if (std::exchange(forget_, false)) {
    forgetting_ = retained_.HoldUntilSurvey(retained_.Clear());
    actions.push_back(checkpoint::ForgetJob{*forgetting_});
    return;
  }
  settling_ = false;
  actions.push_back(checkpoint::Settled{});
}

void CheckpointCoordinator::Delete(std::vector<std::string> names,
                                   Actions& actions) {
  names = retained_.HoldUntilSurvey(std::move(names));
  if (names.empty()) return;
  actions.push_back(checkpoint::Delete{std::move(names)});
}

}  // namespace millrace
