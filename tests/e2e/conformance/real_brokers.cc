#include "tests/e2e/conformance/real_brokers.h"

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace millrace::e2e {

void RealBrokers::Open(const std::string& name, const std::string& id,
                       absl::Duration transaction_timeout) {
  auto session = port_.Open({.transactional_id = id,
                             .transaction_timeout = transaction_timeout,
                             .properties = {
                                 {"bootstrap.servers", addresses_}}});
  if (!session.ok()) {
    std::fprintf(stderr, "%s\n", session.status().ToString().c_str());
    std::exit(2);
  }
  sessions_[name] = *std::move(session);
}

kafka::session::Answer RealBrokers::Ask(const std::string& name,
                                        kafka::session::Request request) {
  kafka::session::Answer answer;
  absl::Notification answered;
  sessions_.at(name)->Ask(std::move(request), absl::ZeroDuration(),
                          [&](kafka::session::Answer got) {
                            answer = std::move(got);
                            answered.Notify();
                          });
  answered.WaitForNotification();
  return answer;
}

void RealBrokers::Wait(absl::Duration duration) {
  absl::SleepFor(duration);
}

}  // namespace millrace::e2e
