#pragma once

#include <cstdint>
#include <memory>

#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"

namespace millrace {

// How a tasklet spends its time, by Flink's names: busy, idle and
// back-pressured milliseconds a second, about 1000 together. Between turns it
// counts as what the last turn ended in: ready to go on is busy.
//
// Written by the tasklet's worker, read by any thread.
class TaskletMetrics {
 public:
  enum class Between : int64_t { kBusy = 0, kIdle = 1, kBackPressured = 2 };

  // `clock` outlives the group.
  TaskletMetrics(std::shared_ptr<MetricGroup> group, const Clock* clock);

  void BeginTurn(int64_t now_nanos);
  void EndTurn(int64_t now_nanos, Between between);
  // Nothing is counted after it.
  void End(int64_t now_nanos);

  // Nanoseconds spent in `state` until now. Any thread.
  int64_t SpentNanos(Between state) const { return times_->Spent(state); }

 private:
  // Shared with the group's readings, which may outlive this.
  struct Times {
    explicit Times(const Clock* clock) : clock(clock) {}
    int64_t Spent(Between in) const;

    const Clock* const clock;
    Counter spent_nanos[3];
    // Since when the tasklet is in which state, for readers between turns.
    Gauge since_nanos;
    Gauge state;
    Gauge ended;
  };

  void Spend(int64_t now_nanos, Between state);

  std::shared_ptr<MetricGroup> group_;
  std::shared_ptr<Times> times_;
};

}  // namespace millrace
