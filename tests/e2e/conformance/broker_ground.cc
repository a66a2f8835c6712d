#include "tests/e2e/conformance/broker_ground.h"

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace millrace::e2e {

void BrokerGround::Open(const std::string& name, const std::string& id,
                        absl::Duration transaction_timeout) {
  auto session = port_.Open({.transactional_id = id,
                             .transaction_timeout = transaction_timeout,
                             .properties = {{"bootstrap.servers", brokers_}}});
  if (!session.ok()) {
    std::fprintf(stderr, "%s\n", session.status().ToString().c_str());
    std::exit(2);
  }
  sessions_[name] = *std::move(session);
}

kafka::session::Answer BrokerGround::Ask(const std::string& name,
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

void BrokerGround::Wait(absl::Duration duration) {
  absl::SleepFor(duration);
}

}  // namespace millrace::e2e
