#include "tests/e2e/conformance/model_brokers.h"

#include <optional>
#include <utility>

#include "runtime/base/check.h"

namespace millrace::e2e {

ModelBrokers::ModelBrokers()
    : scheduler_(1),
      cluster_(&scheduler_),
      link_(&scheduler_),
      port_(&scheduler_, &cluster_, &link_,
            std::make_shared<sim::Process>()) {}

ModelBrokers::~ModelBrokers() = default;

void ModelBrokers::Open(const std::string& name, const std::string& id,
                       absl::Duration transaction_timeout) {
  sessions_[name] =
      *port_.Open({.transactional_id = id,
                   .transaction_timeout = transaction_timeout});
}

kafka::session::Answer ModelBrokers::Ask(const std::string& name,
                                        kafka::session::Request request) {
  std::optional<kafka::session::Answer> answer;
  sessions_.at(name)->Ask(
      std::move(request), absl::ZeroDuration(),
      [&answer](kafka::session::Answer got) { answer = std::move(got); });
  while (!answer) MILLRACE_CHECK(scheduler_.RunNext());
  return *std::move(answer);
}

void ModelBrokers::Wait(absl::Duration duration) {
  const int64_t until =
      scheduler_.clock().nanos() + absl::ToInt64Nanoseconds(duration);
  while (scheduler_.clock().nanos() < until && scheduler_.RunNext()) {
  }
}

}  // namespace millrace::e2e
