#pragma once

#include <cstdint>
#include <memory>

#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"
#include "runtime/exchange/flow_counters.h"

namespace millrace {

// How a tasklet spends its time, by Flink's names: busy, idle and
// back-pressured milliseconds a second, about 1000 together. Between turns it
// counts as what the last turn ended in: ready to go on is busy. Being
// back-pressured is always "soft": no thread waits. And what passes channels.
//
// Written by the tasklet's worker, read by any thread.
class TaskletMetrics {
 public:
  enum class Between : int64_t { kBusy = 0, kIdle = 1, kBackPressured = 2 };

  // `clock` outlives the group. The tasklet is being built from now until its
  // first turn.
  TaskletMetrics(std::shared_ptr<MetricGroup> group, const Clock* clock);

  void BeginTurn(int64_t now_nanos);
  void EndTurn(int64_t now_nanos, Between between);
  // Of the exchanges behind the tasklet, and of its channels from this process
  // and from others.
  const FlowCounters& out() const { return out_; }
  const FlowCounters& local_in() const { return local_in_; }
  const FlowCounters& remote_in() const { return remote_in_; }

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

  void AddTimes(const Clock* clock);
  FlowCounters AddFlow(absl::string_view scope, absl::string_view direction,
                       const Clock* clock);
  void Spend(int64_t now_nanos, Between state);

  std::shared_ptr<MetricGroup> group_;
  FlowCounters out_;
  FlowCounters local_in_;
  FlowCounters remote_in_;
  Gauge* initialization_ms_;
  bool began_ = false;
  std::shared_ptr<Times> times_;
};

}  // namespace millrace
