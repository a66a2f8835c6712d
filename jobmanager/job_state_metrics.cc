#include "jobmanager/job_state_metrics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr JobState kShown[] = {JobState::kCreated, JobState::kRunning,
                               JobState::kRestarting, JobState::kFailing,
                               JobState::kCancelling};
// Flink's word for times of a job that has ended.
constexpr double kEnded = -1;

const char* NameOf(JobState state) {
  switch (state) {
    case JobState::kCreated: return "created";
    case JobState::kRunning: return "running";
    case JobState::kRestarting: return "restarting";
    case JobState::kFailing: return "failing";
    case JobState::kCancelling: return "cancelling";
    default: return "";
  }
}

double Millis(int64_t nanos) { return static_cast<double>(nanos) / 1e6; }

}  // namespace

JobStateMetrics::JobStateMetrics(MetricGroup& group, const Clock* clock)
    : times_(std::make_shared<Times>(clock)) {
  times_->state.Set(static_cast<int64_t>(JobState::kCreated));
  times_->since_nanos.Set(clock->SteadyNanos());
  times_->turned_nanos.Set(clock->SteadyNanos());
  for (const JobState state : kShown) {
    const absl::string_view name = NameOf(state);
    group.AddReading(absl::StrCat(name, "State"), "1 while the job is in it.",
                     [times = times_, state] {
                       return times->IsIn(state) ? 1.0 : 0.0;
                     });
    group.AddReading(
        absl::StrCat(name, "Time"), "Milliseconds since the job entered it.",
        [times = times_, state] { return times->StayMillis(state); });
    group.AddReading(
        absl::StrCat(name, "TimeTotal"), "Milliseconds in it altogether.",
        [times = times_, state] { return times->TotalMillis(state); });
  }
  group.AddReading("uptime", "Milliseconds since the job runs; -1: it ended.",
                   [times = times_] { return times->UpMillis(); });
  group.AddReading(
      "downtime", "Milliseconds since the job does not run; -1: it ended.",
      [times = times_] { return times->DownMillis(); });
}

void JobStateMetrics::Enter(JobState state) {
  Times& times = *times_;
  if (times.IsIn(state)) return;
  const int64_t now = times.clock->SteadyNanos();
  times.before_nanos[times.state.value()].Add(now - times.since_nanos.value());
  if (state == JobState::kRunning || times.IsIn(JobState::kRunning)) {
    times.turned_nanos.Set(now);
  }
  times.since_nanos.Set(now);
  times.state.Set(static_cast<int64_t>(state));
}

bool JobStateMetrics::Times::IsIn(JobState in) const {
  return state.value() == static_cast<int64_t>(in);
}

double JobStateMetrics::Times::StayMillis(JobState in) const {
  return IsIn(in) ? Millis(clock->SteadyNanos() - since_nanos.value()) : 0;
}

double JobStateMetrics::Times::TotalMillis(JobState in) const {
  return Millis(before_nanos[static_cast<int>(in)].value()) + StayMillis(in);
}

double JobStateMetrics::Times::UpMillis() const {
  if (IsTerminal(static_cast<JobState>(state.value()))) return kEnded;
  if (!IsIn(JobState::kRunning)) return 0;
  return Millis(clock->SteadyNanos() - turned_nanos.value());
}

double JobStateMetrics::Times::DownMillis() const {
  if (IsTerminal(static_cast<JobState>(state.value()))) return kEnded;
  if (IsIn(JobState::kRunning) || IsIn(JobState::kCreated)) return 0;
  return Millis(clock->SteadyNanos() - turned_nanos.value());
}

}  // namespace millrace
