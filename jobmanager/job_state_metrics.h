#pragma once

#include <cstdint>
#include <memory>

#include "jobmanager/job_state.h"
#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"

namespace millrace {

// In which state a job is and for how long, by Flink's names, in the scope of
// the job: of each state that is no end whether it is in it ("runningState"),
// the milliseconds of the present stay ("runningTime") and those of all stays
// ("runningTimeTotal"). And "uptime" and "downtime", which Flink still has.
//
// Written by the master's loop, read by any thread. Times are of this process:
// they begin anew when another JobManager takes the job over.
class JobStateMetrics {
 public:
  // The job is CREATED. `clock` outlives the group.
  JobStateMetrics(MetricGroup& group, const Clock* clock);

  // Nothing happens where it is in that state.
  void Enter(JobState state);

 private:
  // Shared with the group's readings, which may outlive this.
  struct Times {
    explicit Times(const Clock* clock) : clock(clock) {}
    bool IsIn(JobState in) const;
    double StayMillis(JobState in) const;
    double TotalMillis(JobState in) const;
    double UpMillis() const;
    double DownMillis() const;

    const Clock* const clock;
    Gauge state;
    Gauge since_nanos;
    // Since when it runs, or does not run any more.
    Gauge turned_nanos;
    static constexpr int kStates = static_cast<int>(JobState::kFinished) + 1;
    Counter before_nanos[kStates];  // Of stays that are over.
  };

  const std::shared_ptr<Times> times_;
};

}  // namespace millrace
