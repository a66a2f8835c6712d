#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/e2e/conformance/protocol_scripts.h"
#include "tests/sim/kafka/model_session.h"

namespace millrace::e2e {

// The simulation's model, in which nothing goes wrong by itself.
class ModelBrokers final : public Brokers {
 public:
  ModelBrokers();
  ~ModelBrokers() override;

  void Open(const std::string& name, const std::string& id,
            absl::Duration transaction_timeout) override;
  void Close(const std::string& name) override { sessions_.erase(name); }
  kafka::session::Answer Ask(const std::string& name,
                             kafka::session::Request request) override;
  void Wait(absl::Duration duration) override;

 private:
  sim::Scheduler scheduler_;
  sim::KafkaCluster cluster_;
  sim::BrokerLink link_;
  sim::ModelPort port_;
  std::map<std::string, std::unique_ptr<kafka::KafkaSession>> sessions_;
};

}  // namespace millrace::e2e
