#include "tests/sim/kafka/broker_link.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

constexpr int64_t kWayNanos = 4 * kMs;
constexpr int64_t kHardlyNanos = 500 * kMs;

}  // namespace

bool BrokerLink::Strikes(int in_thousand, const char* fault,
                         const char* what) {
  if (in_thousand == 0 || scheduler_->Jitter(1000) >= in_thousand) {
    return false;
  }
  ++faults_[absl::StrCat(fault, " ", what)];
  scheduler_->Trace(absl::StrCat("link: ", fault, " ", what));
  return true;
}

void BrokerLink::Call(const ProcessRef& client, const char* what,
                      std::function<Error()> apply,
                      std::function<void(std::optional<Error>)> answered) {
  if (!client->alive) return;
  // Whether the client has its answer, or has given up.
  auto settled = std::make_shared<bool>(false);
  auto tell = [=, this](std::optional<Error> error) {
    if (std::exchange(*settled, true)) return;
    if (error) watcher_(client, absl::StrCat("answered ", what));
    if (client->alive) answered(error);
  };
  scheduler_->Post(client, kTimeoutNanos, [tell] { tell(std::nullopt); });
  Send(client, what, std::move(apply), std::move(tell));
  watcher_(client, absl::StrCat("sent ", what));
}

void BrokerLink::Send(const ProcessRef& client, const char* what,
                      std::function<Error()> apply,
                      std::function<void(std::optional<Error>)> tell) {
  if (hold_ == what) {
    hold_.clear();
    held_ = std::move(apply);
    scheduler_->Trace(absl::StrCat("link: holds ", what));
    return;
  }
  const bool is_cut = scheduler_->clock().nanos() < cut_until_nanos_;
  if (is_cut || Strikes(rates_.lost, "lost", what)) return;
  if (Strikes(rates_.late, "late", what)) {
    const int64_t most =
        scheduler_->Jitter(2) == 0 ? kHardlyNanos : kLatestNanos;
    scheduler_->Post(nullptr, kTimeoutNanos + scheduler_->Jitter(most),
                     [apply = std::move(apply)] { apply(); });
    return;
  }
  const bool is_vain = Strikes(rates_.answer_lost, "unanswered", what);
  scheduler_->Post(
      nullptr, 1 + scheduler_->Jitter(kWayNanos),
      [this, client, apply = std::move(apply), tell, is_vain] {
        is_heard_ = !is_vain;
        const Error error = apply();
        if (!std::exchange(is_heard_, false)) return;
        scheduler_->Post(client, 1 + scheduler_->Jitter(kWayNanos),
                         [tell, error] { tell(error); });
      });
}

void BrokerLink::Release() {
  scheduler_->Trace("link: releases what it held");
  scheduler_->Post(nullptr, 0,
                   [apply = std::exchange(held_, nullptr)] { apply(); });
}

}  // namespace millrace::sim
