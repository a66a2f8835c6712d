#pragma once

#include <memory>
#include <string>

#include "runtime/base/network.h"

namespace millrace {

// Conversations between processes: each is one bidirectional gRPC stream,
// without TLS. Links to one address share a connection. A peer that is killed
// ends its links at once, one that no longer answers within about
// kPeerLostAfter; what cannot be reached ends a dial with kUnavailable, and
// nothing is tried again.
//
// Thread-safe. One thread serves what was dialled, one more each listener; both
// sleep while nothing comes. A listener ends the conversations that it took.
// Listeners are destroyed before the network; of links that are left, the
// conversations end.
class GrpcNetwork final : public Network {
 public:
  // A ping each kPing whose answer may take the rest: a pause of a busy machine
  // is no loss, and a dead one is noticed before its heartbeats are missed.
  static constexpr absl::Duration kPing = absl::Seconds(2);
  static constexpr absl::Duration kPeerLostAfter = absl::Seconds(5);

  // The first thing in a process, while it has one thread: how the libraries
  // below are to work, unless GRPC_POLL_STRATEGY says so.
  static void PrepareProcess();

  GrpcNetwork();
  ~GrpcNetwork() override;

  absl::StatusOr<std::unique_ptr<LinkListener>> Listen(
      const std::string& address, Topic topic, Acceptor acceptor) override;
  std::unique_ptr<Link> Dial(const std::string& address, Topic topic,
                             Link::Handler handler) override;

 private:
  class Dialer;
  std::unique_ptr<Dialer> dialer_;
};

}  // namespace millrace
