#include "cli/cluster_job_follower.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/exit_status.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

JobState StateOf(const std::string& state) {
  for (const JobState known :
       {JobState::kCreated, JobState::kRunning, JobState::kRestarting,
        JobState::kFailing, JobState::kFailed, JobState::kCancelling,
        JobState::kCanceled, JobState::kFinished}) {
    if (ToString(known) == state) return known;
  }
  return JobState::kRunning;
}

// What the progress line draws: one source and one sink stand for all of them.
JobStatus StatusOf(const ClusterClient::Progress& progress) {
  JobStatus status;
  status.state = StateOf(progress.state);
  status.running_for = progress.duration;
  VertexStatus source;
  source.is_source = true;
  source.rows_in = progress.rows_in;
  VertexStatus sink;
  sink.is_sink = true;
  sink.rows_in = progress.rows_out;
  sink.watermark_ms = progress.watermark_ms.value_or(INT64_MIN);
  status.vertices = {source, sink};
  return status;
}

void Warn(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

std::optional<int> ClusterJobFollower::Look(absl::Time now,
                                            const ClusterTerminal& terminal) {
  auto progress = cluster_->Follow(job_id_);
  if (!progress.ok()) return Miss(progress.status(), now);
  if (silent_since_.has_value()) {
    Warn(absl::StrCat("The JobManager at ", cluster_->url(),
                      " answers again."));
    silent_since_.reset();
  }
  SayNews(*progress);
  known_ = *std::move(progress);
  const JobStatus status = StatusOf(known_);
  if (IsTerminal(status.state)) return End(known_, terminal);
  progress_line_.Draw(status, now);
  return std::nullopt;
}

std::optional<int> ClusterJobFollower::Miss(const absl::Status& status,
                                            absl::Time now) {
  const bool may_come_back =
      absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  if (may_come_back && !silent_since_.has_value()) {
    silent_since_ = now;
    Warn(absl::StrCat("Waiting for the JobManager: ", status.message()));
  }
  if (may_come_back && now - *silent_since_ < kLongestSilence) {
    return std::nullopt;
  }
  const absl::Status given_up = MakeError(
      status.code(),
      {.code = "CLI-0028",
       .what = absl::StrCat("job ", job_id_, " can be followed no longer"),
       .where = cluster_->url(),
       .why = std::string(absl::StripSuffix(status.message(), ".")),
       .fix = "It may be running: see `millrace list`."});
  Warn(absl::StrCat("error: ", given_up.message()));
  return kExitJobFailed;
}

void ClusterJobFollower::SayNews(const ClusterClient::Progress& progress) {
  if (progress.restarts > known_.restarts) {
    Warn(absl::StrCat("Job ", progress.name,
                      " failed and is started again (", progress.restarts,
                      " so far): ", progress.latest_failure));
  }
  if (progress.restored_checkpoint != known_.restored_checkpoint) {
    Warn(absl::StrCat("Job ", progress.name, " goes on from checkpoint ",
                      progress.restored_checkpoint, "."));
  }
  if (!progress.waits_for.empty() &&
      progress.waits_for != known_.waits_for) {
    Warn(absl::StrCat("Job ", progress.name, " waits: it ",
                      progress.waits_for));
  }
}

int ClusterJobFollower::End(const ClusterClient::Progress& progress,
                            const ClusterTerminal& terminal) {
  progress_line_.End(StatusOf(progress));
  for (const std::string& line : progress.finish_lines) terminal.say(line);
  switch (StateOf(progress.state)) {
    case JobState::kFinished:
      terminal.say(absl::StrCat("Job with JobID ", job_id_,
                                " has finished."));
      terminal.say(absl::StrCat("Job Runtime: ",
                                absl::ToInt64Milliseconds(progress.duration),
                                " ms"));
      return kExitDone;
    case JobState::kCanceled:
      Warn(absl::StrCat("Job ", progress.name, " was cancelled."));
      return kExitCancelled;
    default:
      Warn(absl::StrCat("error: job ", progress.name, " failed: ",
                        progress.first_failure));
      return kExitJobFailed;
  }
}

}  // namespace millrace
