#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/exactly_once/kafka_session.h"
#include "tests/sim/kafka/broker_link.h"
#include "tests/sim/kafka/kafka_cluster.h"

namespace millrace::sim {

// A model of one producer of librdkafka 2.0.2 with a transactional id, as it
// was measured:
//
//   - Init repeats itself while an earlier transaction is being decided.
//   - A partition is added to the transaction before its first batch; batches
//     have sequence numbers and are sent again until they are answered.
//   - EndTxn is sent again when no answer came, so that the first one may still
//     be under way when the second was answered: kSuspect.
//   - A destroyed producer says nothing more; what is under way arrives.
//
// Its calls are events of the client's process.
class ModelSession final : public kafka::KafkaSession {
 public:
  ModelSession(Scheduler* scheduler, KafkaCluster* cluster, BrokerLink* link,
               ProcessRef client, const kafka::SessionOptions& options);
  ~ModelSession() override;

  void Ask(kafka::session::Request request, absl::Duration wait,
           Done done) override;

 private:
  class Producer;
  const std::shared_ptr<Producer> producer_;
};

// Sessions of one process.
class ModelPort final : public kafka::KafkaPort {
 public:
  ModelPort(Scheduler* scheduler, KafkaCluster* cluster, BrokerLink* link,
            ProcessRef client)
      : scheduler_(scheduler),
        cluster_(cluster),
        link_(link),
        client_(std::move(client)) {}

  absl::StatusOr<std::unique_ptr<kafka::KafkaSession>> Open(
      const kafka::SessionOptions& options) override {
    return std::make_unique<ModelSession>(scheduler_, cluster_, link_, client_,
                                          options);
  }

 private:
  Scheduler* const scheduler_;
  KafkaCluster* const cluster_;
  BrokerLink* const link_;
  const ProcessRef client_;
};

}  // namespace millrace::sim
