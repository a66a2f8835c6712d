#pragma once

#include <string>
#include <vector>

#include "connectors/kafka/exactly_once/kafka_session.h"

namespace millrace::e2e {

// Something to talk to: real brokers, or the model of them.
class Brokers {
 public:
  virtual ~Brokers() = default;
  // Opens the session `name` of the transactional id `id`.
  virtual void Open(const std::string& name, const std::string& id,
                    absl::Duration transaction_timeout) = 0;
  virtual void Close(const std::string& name) = 0;
  // Waits for the answer.
  virtual kafka::session::Answer Ask(const std::string& name,
                                     kafka::session::Request request) = 0;
  virtual void Wait(absl::Duration duration) = 0;
};

// One conversation: what it is about, and what was answered, a line a request,
// in words that have to be the same from either. `prefix` begins the names
// of its topics and ids; nobody used it before.
struct ProtocolScript {
  const char* name;
  std::vector<std::string> (*run)(Brokers& brokers, const std::string& prefix);
};

const std::vector<ProtocolScript>& ProtocolScripts();

}  // namespace millrace::e2e
