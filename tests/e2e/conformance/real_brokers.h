#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "connectors/kafka/client/librdkafka_port.h"
#include "tests/e2e/conformance/protocol_scripts.h"

namespace millrace::e2e {

// Real brokers, through the real library.
class RealBrokers final : public Brokers {
 public:
  explicit RealBrokers(std::string addresses)
      : addresses_(std::move(addresses)) {}

  void Open(const std::string& name, const std::string& id,
            absl::Duration transaction_timeout) override;
  void Close(const std::string& name) override { sessions_.erase(name); }
  kafka::session::Answer Ask(const std::string& name,
                             kafka::session::Request request) override;
  void Wait(absl::Duration duration) override;

 private:
  const std::string addresses_;
  kafka::LibrdkafkaPort port_;
  std::map<std::string, std::unique_ptr<kafka::KafkaSession>> sessions_;
};

}  // namespace millrace::e2e
