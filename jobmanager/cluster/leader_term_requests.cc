// What is asked of a job that runs.
#include <utility>

#include "absl/strings/str_cat.h"
#include "jobmanager/cluster/leader_term.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status NoSuchJob(const std::string& job_id) {
  return MakeError(absl::StatusCode::kNotFound,
                   {.code = "JOB-0101",
                    .what = absl::StrCat("there is no job ", job_id),
                    .where = "",
                    .why = "",
                    .fix = "`millrace list -a` shows those that there are."});
}

absl::Status HasEnded(const JobView& job) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.code = "JOB-0131",
       .what = absl::StrCat("job ", job.job_id, " has ended, as ",
                            ToString(job.state)),
       .where = "",
       .why = "",
       .fix = ""});
}

absl::Status CopyFailed(const JobGateway::SavepointRequest& request,
                        const absl::Status& why) {
  const bool drained =
      request.then == JobGateway::SavepointRequest::Then::kDrain;
  return MakeError(
      why.code(),
      {.code = "JOB-0138",
       .what = absl::StrCat("job ", request.job_id,
                            " is stopped, but its savepoint could not be "
                            "written"),
       .where = request.target,
       .why = std::string(why.message()),
       .fix = drained ? "Its output is whole; nothing is to be gone on from."
                      : absl::StrCat("The cluster keeps what it was stopped "
                                     "with: `millrace run` the same script "
                                     "with --job-id ",
                                     request.job_id, " to go on from it.")});
}

absl::Status EndedBefore(JobState state) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   {.code = "JOB-0132",
                    .what = absl::StrCat("the job ended, as ", ToString(state),
                                         ", before this was done"),
                    .where = "",
                    .why = "",
                    .fix = ""});
}

}  // namespace

absl::StatusOr<ClusterJob*> LeaderTerm::FindLiving(const std::string& job_id) {
  if (!taken_) return NotReady();
  ClusterJob* const job = Find(job_id);
  if (job != nullptr && job->is_registered()) {
    if (IsTerminal(job->board().view().state)) {
      return HasEnded(job->board().view());
    }
    return job;
  }
  if (const JobView* const ended = history_.Find(job_id)) {
    return HasEnded(*ended);
  }
  return NoSuchJob(job_id);
}

absl::StatusOr<ClusterJob*> LeaderTerm::FindRunning(
    const std::string& job_id) {
  ASSIGN_OR_RETURN(ClusterJob* const job, FindLiving(job_id));
  // Its store or its sources could not be reached yet.
  if (!job->hosted()->is_running()) return NotReady();
  return job;
}

// A cancel that was answered holds whoever leads. One that was answered with an
// error has happened or has not, as the list of jobs says: what is in doubt is
// asked again, and answered when it is known.
void LeaderTerm::Cancel(const std::string& job_id,
                        JobGateway::Answer<JobState> answer) {
  const auto job = FindLiving(job_id);
  if (!job.ok()) return answer(job.status());
  SaveCancel(job_id, std::move(answer));
}

void LeaderTerm::SaveCancel(const std::string& job_id,
                            JobGateway::Answer<JobState> answer) {
  environment_.registry->Post(
      [registry = registry_, post = environment_.post, job_id, answer] {
        const absl::Status status = registry->Cancel(job_id);
        post([=](LeaderTerm& term) {
          term.OnCancelSaved(job_id, status, answer);
        });
      });
}

void LeaderTerm::OnCancelSaved(const std::string& job_id,
                               const absl::Status& status,
                               JobGateway::Answer<JobState> answer) {
  if (absl::IsAborted(status)) {
    answer(absl::UnavailableError(status.message()));
    environment_.end_term(status);
    return;
  }
  if (absl::IsUnknown(status)) {
    TryAgainSoon([=, this] { SaveCancel(job_id, answer); });
    return;
  }
  if (!status.ok()) return answer(status);
  const auto job = FindLiving(job_id);
  if (!job.ok()) return answer(job.status());
  const JobState was = (*job)->board().view().state;
  (*job)->MarkCancelled();
  // While it is being taken up, it is cancelled as soon as that is done.
  if ((*job)->hosted()->is_running()) (*job)->Cancel();
  answer(was);
}

void LeaderTerm::Checkpoint(const std::string& job_id,
                            JobGateway::Answer<int64_t> answer) {
  const auto job = FindRunning(job_id);
  if (!job.ok()) return answer(job.status());
  (*job)->hosted()->Checkpoint(
      /*savepoint=*/false, [answer](absl::StatusOr<CheckpointId> checkpoint) {
        if (checkpoint.ok()) {
          answer(checkpoint->value());
        } else {
          answer(checkpoint.status());
        }
      });
}

void LeaderTerm::Savepoint(JobGateway::SavepointRequest request,
                           JobGateway::Answer<std::string> answer) {
  using Then = JobGateway::SavepointRequest::Then;
  const auto job = FindRunning(request.job_id);
  if (!job.ok()) return answer(job.status());
  HostedJob& hosted = *(*job)->hosted();
  if (request.target.empty()) {
    request.target = hosted.checkpoints().savepoint_directory;
  }
  if (request.target.empty()) {
    return answer(UserError(
        {.code = "JOB-0135",
         .what = "the savepoint has no place",
         .where = absl::StrCat("job ", request.job_id),
         .why = "none was named, and none is configured",
         .fix = "Name a folder, or set "
                "execution.checkpointing.savepoint-dir."}));
  }
  const auto taken = [post = environment_.post, request,
                      answer](absl::StatusOr<CheckpointId> checkpoint) {
    post([=](LeaderTerm& term) {
      term.OnSavepointTaken(request, checkpoint, answer);
    });
  };
  if (request.then == Then::kStop || request.then == Then::kDrain) {
    hosted.Stop(request.then == Then::kDrain, taken);
  } else {
    hosted.Checkpoint(/*savepoint=*/true, taken);
  }
}

void LeaderTerm::OnSavepointTaken(
    const JobGateway::SavepointRequest& request,
    absl::StatusOr<CheckpointId> checkpoint,
    JobGateway::Answer<std::string> answer) {
  if (!checkpoint.ok()) return answer(checkpoint.status());
  ClusterJob* const job = Find(request.job_id);
  if (job == nullptr) return answer(NoSuchJob(request.job_id));
  job->hosted()->Export(
      *checkpoint, request.target,
      [post = environment_.post, request,
       answer](absl::StatusOr<std::string> path) {
        post([=](LeaderTerm& term) {
          term.OnSavepointWritten(request, path, answer);
        });
      });
}

void LeaderTerm::OnSavepointWritten(
    const JobGateway::SavepointRequest& request,
    absl::StatusOr<std::string> path,
    JobGateway::Answer<std::string> answer) {
  using Then = JobGateway::SavepointRequest::Then;
  ClusterJob* const job = Find(request.job_id);
  const bool stops =
      request.then == Then::kStop || request.then == Then::kDrain;
  if (!path.ok() && stops) return answer(CopyFailed(request, path.status()));
  if (!path.ok() || request.then == Then::kGoOn || job == nullptr) {
    return answer(std::move(path));
  }
  const JobState wanted = request.then == Then::kCancel
                              ? JobState::kCanceled
                              : JobState::kFinished;
  history_.Await(request.job_id, [=](JobState ended) {
    if (ended == wanted) {
      answer(path);
    } else {
      answer(EndedBefore(ended));
    }
  });
  if (request.then == Then::kCancel) job->Cancel();
}

}  // namespace millrace
