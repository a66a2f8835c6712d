#include "runtime/worker/tasklet_metrics.h"

#include <algorithm>
#include <utility>

#include "runtime/base/rate.h"

namespace millrace {

TaskletMetrics::TaskletMetrics(std::shared_ptr<MetricGroup> group,
                               const Clock* clock)
    : group_(std::move(group)), times_(std::make_shared<Times>(clock)) {
  times_->since_nanos.Set(clock->SteadyNanos());
  times_->state.Set(static_cast<int64_t>(Between::kIdle));
  const std::pair<const char*, Between> kNames[] = {
      {"busyTimeMsPerSecond", Between::kBusy},
      {"idleTimeMsPerSecond", Between::kIdle},
      {"backPressuredTimeMsPerSecond", Between::kBackPressured}};
  for (const auto& [name, state] : kNames) {
    auto rate = std::make_shared<Rate>(clock);
    group_->AddReading(name, "Milliseconds a second.",
                       [times = times_, rate, state = state] {
                         return rate->PerSecond(times->Spent(state)) / 1e6;
                       });
  }
}

void TaskletMetrics::BeginTurn(int64_t now_nanos) {
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
