#include "runtime/worker/tasklet_metrics.h"

#include <algorithm>
#include <utility>

#include "runtime/base/rate.h"

namespace millrace {

TaskletMetrics::TaskletMetrics(std::shared_ptr<MetricGroup> group,
                               const Clock* clock)
    : group_(std::move(group)), clock_(clock) {
  since_nanos_.Set(clock->SteadyNanos());
  state_.Set(static_cast<int64_t>(Between::kIdle));
  const std::pair<const char*, Between> kNames[] = {
      {"busyTimeMsPerSecond", Between::kBusy},
      {"idleTimeMsPerSecond", Between::kIdle},
      {"backPressuredTimeMsPerSecond", Between::kBackPressured}};
  for (const auto& [name, state] : kNames) {
    auto rate = std::make_shared<Rate>(clock);
    group_->AddReading(name, "Milliseconds a second.",
                       [this, rate, state = state] {
                         return rate->PerSecond(SpentNanos(state)) / 1e6;
                       });
  }
}

void TaskletMetrics::BeginTurn(int64_t now_nanos) {
  Spend(now_nanos, static_cast<Between>(state_.value()));
  state_.Set(static_cast<int64_t>(Between::kBusy));
}

void TaskletMetrics::EndTurn(int64_t now_nanos, Between between) {
  Spend(now_nanos, Between::kBusy);
  state_.Set(static_cast<int64_t>(between));
}

void TaskletMetrics::End(int64_t now_nanos) {
  Spend(now_nanos, static_cast<Between>(state_.value()));
  ended_.Set(1);
}

void TaskletMetrics::Spend(int64_t now_nanos, Between state) {
  spent_nanos_[static_cast<int>(state)].Add(now_nanos - since_nanos_.value());
  since_nanos_.Set(now_nanos);
}

int64_t TaskletMetrics::SpentNanos(Between state) const {
  int64_t spent = spent_nanos_[static_cast<int>(state)].value();
  if (ended_.value() == 0 &&
      state_.value() == static_cast<int64_t>(state)) {
    spent += std::max<int64_t>(clock_->SteadyNanos() - since_nanos_.value(), 0);
  }
  return spent;
}

}  // namespace millrace
