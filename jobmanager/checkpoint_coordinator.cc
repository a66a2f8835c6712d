#include "jobmanager/checkpoint_coordinator.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "jobmanager/checkpoint_errors.h"
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
  const absl::Duration at = farewell_.WakeAt();
  if (current_) return std::min(at, current_->Due(options_.config.timeout));
  if (!attempt_) return at;
  if (has_ended() || final_.all_drained()) {
    return std::min(at, final_.WakeAt());
  }
  const bool periodic = options_.has_store && !requests_.HasDrain();
  return periodic ? std::min(at, schedule_.due()) : at;
}

void CheckpointCoordinator::On(checkpoint::AttemptStarted event,
                               Actions& actions) {
  if (ended_) return;
  attempt_ = {.number = event.attempt, .subtasks = event.subtasks};
  schedule_.Restart(now_);
  failures_in_a_row_ = 0;
  final_.BeginAttempt(event.subtasks, now_);
  const Manifest* restored = event.restored.get();
  if (restored != nullptr && event.is_borrowed) {
    retained_.Borrow(*restored);
    restored = nullptr;
  }
  if (latest_ && (restored == nullptr || restored->checkpoint < *latest_)) {
    return FailAttempt(LatestCheckpointIsGone(*latest_), actions);
  }
  if (restored != nullptr && event.ends_job &&
      stopped_at_ != restored->checkpoint) {
    stopped_at_ = restored->checkpoint;
    farewell_.OnOrphaned();
  }
  if (restored != nullptr && stopped_at_ == restored->checkpoint) {
    final_.OnCompleted(*stopped_at_, now_);
    actions.push_back(checkpoint::Complete{*stopped_at_, true});
  } else if (requests_.HasDrain()) {
    actions.push_back(checkpoint::DrainSources());
  }
  if (restored == nullptr) return;
  latest_ = restored->checkpoint;
  last_id_ = std::max(last_id_, *latest_);
  if (!options_.has_store) return;
  for (const Manifest& older : event.older) retained_.Keep(older);
  Delete(retained_.Keep(*restored), actions);
  // It counts, and was kept just now, or never will.
  if (left_) Delete(retained_.Abandon(*std::exchange(left_, {})), actions);
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
  farewell_.Begin(
      options_.has_store && options_.config.ForgetsAt(event.state), now_);
  Answer(requests_.TakeAll(), absl::FailedPreconditionError(kHasEnded),
         actions);
  DoomCurrent(actions);
}

void CheckpointCoordinator::On(checkpoint::Tick, Actions& actions) {
  if (current_ && now_ >= current_->Due(options_.config.timeout)) {
    OnCurrentDue(actions);
  }
  if (attempt_ && final_.TakeRepeat(now_)) {
    actions.push_back(checkpoint::Complete{*final_.completed(), true});
  }
}

bool CheckpointCoordinator::Enlist(int64_t request, CheckpointKind kind,
                                   Actions& actions) {
  absl::string_view why;
  if (!options_.has_store) {
    why = "the job keeps no checkpoints; set execution.checkpointing.dir";
  } else if (ended_ || has_ended()) {
    why = kHasEnded;
  } else if (kind != CheckpointKind::kFinal && current_ &&
             !current_->held_up().ok()) {
    why = current_->held_up().message();
  } else if (!requests_.Add(request, kind)) {
    why = "too many requests wait already";
  }
  if (why.empty()) return true;
  Answer({request}, absl::FailedPreconditionError(why), actions);
  return false;
}

void CheckpointCoordinator::On(checkpoint::Asked event, Actions& actions) {
  Enlist(event.request,
         event.savepoint ? CheckpointKind::kSavepoint
                         : CheckpointKind::kRequested,
         actions);
}

void CheckpointCoordinator::On(checkpoint::StopAsked event, Actions& actions) {
  const bool taken =
      Enlist(event.request,
             event.drain ? CheckpointKind::kFinal : CheckpointKind::kStop,
             actions);
  // Of an attempt to come: when it begins.
  if (taken && event.drain && attempt_) {
    actions.push_back(checkpoint::DrainSources());
  }
}

void CheckpointCoordinator::On(checkpoint::DrainRefused event,
                               Actions& actions) {
  Answer(requests_.Take(CheckpointKind::kFinal), event.why, actions);
}

void CheckpointCoordinator::On(checkpoint::SavepointReleased event,
                               Actions& actions) {
  farewell_.OnReleased(event.checkpoint, event.lost);
  Delete(retained_.Release(event.checkpoint), actions);
}

void CheckpointCoordinator::On(checkpoint::IdReserved event,
                               Actions& actions) {
  if (!IsUnderWay(Phase::kReserving)) return;  // Given up; the id stays unused.
  if (!event.id.ok()) {
    return OnRefusal(event.id.status(), "reserving an id", actions);
  }
  if (*event.id <= last_id_) {
    return FailCurrent(IdWasUsed(*event.id, last_id_), actions);
  }
  if (requests_.HasDrain() && current_->kind != CheckpointKind::kFinal) {
    return DropCurrent(absl::CancelledError("the job is drained"), actions);
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
    status = FilesFor(event.attempt, part.checkpoint)
                 .CheckBasis(*part.snapshots, retained_);
  }
  if (!status.ok()) {
    DeleteUploads(event, actions);
    return OnDeclined(
        Annotate(status, absl::StrCat("subtask ", part.subtask.vertex.value(),
                                      "[", part.subtask.index, "]")),
        actions);
  }
  retained_.Hold(part.checkpoint, *part.snapshots);
  current_->Record(part.subtask, *std::move(part.snapshots));
  if (current_->AllRecorded()) OnAllAcknowledged(actions);
}

void CheckpointCoordinator::OnDeclined(absl::Status why, Actions& actions) {
  if (!SaysSinkIsHeldUp(why) || !current_->may_wait()) {
    return FailCurrent(std::move(why), actions);
  }
  // The wait may last days: they are told now.
  Answer(requests_.TakeAllButDrains(), why, actions);
  current_->OnHeldUp(std::move(why), now_);
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
  final_.OnDrained(event.subtask);
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
    current_->ends_job =
        current_->kind == CheckpointKind::kFinal && requests_.HasDrain();
    AskStore(current_->Enter(Phase::kSwapping), actions);
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
    LeaveCurrent(AnotherRunsTheJob(status), actions);
  } else if (absl::IsUnavailable(status) || absl::IsUnknown(status)) {
    AskLater(Annotate(status, doing), actions);
  } else if (current_->in_doubt) {
    LeaveCurrent(Annotate(status, doing), actions);
  } else {
    FailCurrent(Annotate(status, doing), actions);
  }
}

void CheckpointCoordinator::On(checkpoint::JobForgotten event, Actions&) {
  farewell_.OnForgotten(event.status, now_);
}

void CheckpointCoordinator::On(checkpoint::Listed event, Actions& actions) {
  if (ended_) return;
  Delete(retained_.Survey(event.savepoints, options_.job_id, event.names,
                          event.next),
         actions);
}

void CheckpointCoordinator::BeginNext(Actions& actions) {
  if (!attempt_ || current_ || has_ended()) return;
  // Who went on from one in which windows have fired for the end would read
  // rows that are late.
  const bool drains = requests_.HasDrain();
  if (const auto asked = requests_.Next(); asked && !drains) {
    Begin(*asked, actions);
  } else if (final_.all_drained()) {
    if (final_.IsDue(now_)) Begin(CheckpointKind::kFinal, actions);
  } else if (options_.has_store && !drains && now_ >= schedule_.due()) {
    Begin(CheckpointKind::kPeriodic, actions);
  }
}

void CheckpointCoordinator::Begin(CheckpointKind kind, Actions& actions) {
  current_.emplace(kind, attempt_->number, attempt_->subtasks, now_);
  if (kind == CheckpointKind::kPeriodic) schedule_.OnBegun(now_);
  // Who waits for the final one waits until one has completed.
  if (kind != CheckpointKind::kFinal) {
    current_->requests = requests_.Take(kind);
  }
  if (options_.has_store) {
    AskStore(current_->Request(), actions);
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
  current_->Enter(Phase::kCollecting);
  actions.push_back(
      current_->ReportAt(now_, CheckpointReport::Outcome::kBegun));
  actions.push_back(
      checkpoint::Trigger{id, current_->kind == CheckpointKind::kStop});
}

void CheckpointCoordinator::OnAllAcknowledged(Actions& actions) {
  if (!options_.has_store) return CompleteCurrent(actions);
  current_->SortOperators();
  AskStore(current_->Enter(Phase::kWriting), actions);
}

void CheckpointCoordinator::CompleteCurrent(Actions& actions) {
  CheckpointInProgress done = std::move(*current_);
  current_.reset();
  if (done.kind == CheckpointKind::kFinal) {
    done.requests = requests_.Take(CheckpointKind::kFinal);
  }
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
    if (attempt_ && attempt_->number == done.attempt) {
      actions.push_back(checkpoint::Complete{id, done.is_last()});
    }
    if (done.is_last()) OnLastCompleted(done, actions);
  }
  Answer(done.requests, id, actions);
  actions.push_back(std::move(report));
  if (!options_.has_store) {
    retained_.Abandon(id);
    return;
  }
  Delete(retained_.Keep(done.manifest), actions);
}

void CheckpointCoordinator::OnLastCompleted(const CheckpointInProgress& done,
                                            Actions& actions) {
  const CheckpointId id = done.manifest.checkpoint;
  if (!done.requests.empty()) {
    stopped_at_ = id;
    farewell_.AwaitCopy(id);
  }
  if (!attempt_ || attempt_->number != done.attempt) return;
  final_.OnCompleted(id, now_);
  Answer(requests_.TakeAll(), absl::FailedPreconditionError(kHasEnded),
         actions);
}

void CheckpointCoordinator::FailCurrent(absl::Status cause,
                                        Actions& actions) {
  const CheckpointKind kind = current_->kind;
  const CheckpointId id = current_->manifest.checkpoint;
  DropCurrent(cause, actions);
  const bool was_asked =
      kind == CheckpointKind::kSavepoint || kind == CheckpointKind::kStop;
  if (was_asked || SaysSinkIsHeldUp(cause)) return;
  const int tolerable = options_.config.tolerable_failures;
  if (++failures_in_a_row_ <= tolerable) return;
  FailAttempt(TooManyFailures(id, tolerable, cause), actions);
}

void CheckpointCoordinator::DropCurrent(absl::Status cause,
                                        Actions& actions) {
  const CheckpointInProgress dropped = std::move(*current_);
  current_.reset();
  if (!dropped.is_savepoint()) schedule_.OnEnded(now_);
  final_.OnFailed(now_);
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
  left_ = left.manifest.checkpoint;
  Report(left, cause, actions);
  FailAttempt(std::move(cause), actions);
}

void CheckpointCoordinator::DoomCurrent(Actions& actions) {
  if (!current_) return;
  current_->doomed = absl::CancelledError("its attempt has ended");
  if (current_->phase == Phase::kReserving ||
      current_->phase == Phase::kCollecting) {
    DropCurrent(current_->doomed, actions);
  } else if (current_->is_waiting()) {
    AskLater(current_->doomed, actions);
  }  // Else the store's answer comes.
}

void CheckpointCoordinator::AskStore(std::optional<Action> request,
                                     Actions& actions) {
  if (request) actions.push_back(*std::move(request));
}

void CheckpointCoordinator::AskLater(const absl::Status& refusal,
                                     Actions& actions) {
  if (!current_->in_doubt && !current_->doomed.ok()) {
    DropCurrent(current_->doomed, actions);
  } else if (ended_) {
    // Nobody is left to ask again. Whatever the outcome, what it needs stays.
    Report(*current_, current_->doomed, actions);
    current_.reset();
  } else {
    current_->OnRefused(refusal, now_, kRetry);
  }
}

void CheckpointCoordinator::OnCurrentDue(Actions& actions) {
  const auto why = current_->Overdue(options_.config.timeout, now_);
  if (!why) return AskStore(current_->Request(), actions);
  if (current_->in_doubt) {
    return LeaveCurrent(
        CheckpointInDoubt(current_->manifest.checkpoint, *why), actions);
  }
  FailCurrent(absl::DeadlineExceededError(*why), actions);
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
  if (!settling_ || current_) return;
  switch (ended_ ? farewell_.Next(now_) : CheckpointFarewell::Step::kDone) {
    case CheckpointFarewell::Step::kWait:
      return;
    case CheckpointFarewell::Step::kForget:
      actions.push_back(checkpoint::ForgetJob{
          farewell_.OnAsked(retained_.HoldUntilSurvey(retained_.Clear()))});
      return;
    case CheckpointFarewell::Step::kDone:
      break;
  }
  settling_ = false;
  // Where one is left in doubt, another process may have gone on from it.
  if (ended_ && !left_) Delete(retained_.EndOutput(), actions);
  actions.push_back(checkpoint::Settled{});
}

void CheckpointCoordinator::Delete(std::vector<std::string> names,
                                   Actions& actions) {
  names = retained_.HoldUntilSurvey(std::move(names));
  if (names.empty()) return;
  actions.push_back(checkpoint::Delete{std::move(names)});
}

}  // namespace millrace
