#include "runtime/worker/tasklet_metrics.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/rate.h"
#include "runtime/operators/operator_metrics.h"

namespace millrace {

TaskletMetrics::TaskletMetrics(std::shared_ptr<MetricGroup> group,
                               const Clock* clock)
    : group_(std::move(group)), times_(std::make_shared<Times>(clock)) {
  times_->since_nanos.Set(clock->SteadyNanos());
  times_->state.Set(static_cast<int64_t>(Between::kIdle));
  AddTimes(clock);
  initialization_ms_ = group_->AddGauge(
      "initializationTime",
      "Milliseconds from when the task was begun to be built to its first "
      "turn.");
  out_ = AddFlow("", "Out", clock);
  local_in_ = AddFlow("Shuffle_Netty_Input_", "InLocal", clock);
  remote_in_ = AddFlow("Shuffle_Netty_Input_", "InRemote", clock);
}

void TaskletMetrics::AddTimes(const Clock* clock) {
  const std::pair<const char*, Between> kNames[] = {
      {"busyTimeMsPerSecond", Between::kBusy},
      {"idleTimeMsPerSecond", Between::kIdle},
      {"backPressuredTimeMsPerSecond", Between::kBackPressured},
      {"softBackPressuredTimeMsPerSecond", Between::kBackPressured}};
  for (const auto& [name, state] : kNames) {
    auto rate = std::make_shared<Rate>(clock);
    group_->AddReading(name, "Milliseconds a second.",
                       [times = times_, rate, state = state] {
                         return rate->PerSecond(times->Spent(state)) / 1e6;
                       });
  }
  group_->AddGauge("hardBackPressuredTimeMsPerSecond",
                   "0: no thread waits for room.");
  group_->AddReading(
      "isBackPressured", "1 while an exchange behind it is full.",
      [times = times_] {
        return times->ended.value() == 0 &&
                       times->state.value() ==
                           static_cast<int64_t>(Between::kBackPressured)
                   ? 1.0
                   : 0.0;
      });
}

FlowCounters TaskletMetrics::AddFlow(absl::string_view scope,
                                     absl::string_view direction,
                                     const Clock* clock) {
  const auto add = [&](absl::string_view unit, absl::string_view help) {
    const std::string name = absl::StrCat(scope, "num", unit, direction);
    Counter* const counter = group_->AddCounter(name, help);
    AddPerSecond(*group_, name, counter, clock);
    return counter;
  };
  return {.bytes = add("Bytes", "Bytes of batches through channels."),
          .batches = add("Buffers", "Batches through channels.")};
}

void TaskletMetrics::BeginTurn(int64_t now_nanos) {
  if (!began_) {
    began_ = true;
    initialization_ms_->Set((now_nanos - times_->since_nanos.value()) /
                            1'000'000);
  }
  Spend(now_nanos, static_cast<Between>(times_->state.value()));
  times_->state.Set(static_cast<int64_t>(Between::kBusy));
}

void TaskletMetrics::EndTurn(int64_t now_nanos, Between between) {
  Spend(now_nanos, Between::kBusy);
  times_->state.Set(static_cast<int64_t>(between));
}

void TaskletMetrics::End(int64_t now_nanos) {
  Spend(now_nanos, static_cast<Between>(times_->state.value()));
  times_->ended.Set(1);
}

void TaskletMetrics::Spend(int64_t now_nanos, Between state) {
  times_->spent_nanos[static_cast<int>(state)].Add(
      now_nanos - times_->since_nanos.value());
  times_->since_nanos.Set(now_nanos);
}

int64_t TaskletMetrics::Times::Spent(Between in) const {
  int64_t spent = spent_nanos[static_cast<int>(in)].value();
  if (ended.value() == 0 && state.value() == static_cast<int64_t>(in)) {
    spent += std::max<int64_t>(clock->SteadyNanos() - since_nanos.value(), 0);
  }
  return spent;
}

}  // namespace millrace
