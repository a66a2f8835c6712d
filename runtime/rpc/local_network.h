#pragma once

#include <memory>
#include <string>

#include "runtime/base/executor.h"
#include "runtime/base/network.h"

namespace millrace {

// Conversations within one process, whose handlers an Executor runs: for tests,
// and for a cluster in one process. An address is a name; port 0 is the next
// number that is free in this network. What a side has sent and the other was
// not yet handed counts as queued.
//
// Thread-safe. A listener ends the conversations that it took. The executor
// outlives the network, the listeners and the links.
class LocalNetwork final : public Network {
 public:
  explicit LocalNetwork(Executor* executor);
  ~LocalNetwork() override;

  absl::StatusOr<std::unique_ptr<LinkListener>> Listen(
      const std::string& address, Topic topic, Acceptor acceptor) override;
  std::unique_ptr<Link> Dial(const std::string& address, Topic topic,
                             Link::Handler handler) override;

 private:
  class Switchboard;
  class Listener;
  // Shared with the listeners.
  const std::shared_ptr<Switchboard> switchboard_;
};

}  // namespace millrace
