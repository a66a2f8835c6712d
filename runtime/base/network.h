#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace {

// How processes talk: conversations of whole messages. gRPC between processes,
// queues within one, delays and losses in a simulation.
//
// A conversation is reliable while it lasts: messages arrive in the order of
// sending, each once. It ends for both sides at some time; what was under way
// then may have arrived or not, and only that end says so.

// One side of a conversation. Thread-safe.
class Link {
 public:
  // Both called on a thread of the network, never two at a time for one link,
  // and never after the destructor of the link has returned.
  struct Handler {
    std::function<void(std::string message)> on_message;
    // The last call, once, unless this side ended it: kUnavailable, the other
    // side ended it, is gone, or was never reached; kResourceExhausted, a
    // message over the limit.
    std::function<void(absl::Status)> on_closed;
  };

  // Ends the conversation and waits for a handler's call under way. Not called
  // by a handler.
  virtual ~Link() = default;

  // Does not block. After the end the message is dropped.
  virtual void Send(std::string message) = 0;

  // What was sent and is not yet handed to the network. Whoever sends much
  // looks at it, or has the receiver answer.
  virtual int64_t queued_bytes() const = 0;
};

// Takes conversations until it is destroyed, which ends those it took: their
// links stay, and hear so.
class LinkListener {
 public:
  virtual ~LinkListener() = default;
  // Where it is reached: "HOST:PORT", with the port it really has.
  virtual const std::string& address() const = 0;
};

class Network {
 public:
  // The largest message, of either side. Parts of what is larger are sent as
  // messages of their own.
  static constexpr int64_t kMaxMessageBytes = int64_t{64} << 20;

  // What a conversation is about; a listener takes one topic.
  enum class Topic { kControl, kData };

  // Called for each conversation that begins, on a thread of the network,
  // before any of its messages; returns what hears it. The link is the callee's
  // from then on.
  using Acceptor = std::function<Link::Handler(std::shared_ptr<Link>)>;

  virtual ~Network() = default;

  // `address` is "HOST:PORT"; port 0 is any free one. kInvalidArgument: no
  // such host on this machine; kUnavailable: the port is taken, and by what
  // it is said.
  virtual absl::StatusOr<std::unique_ptr<LinkListener>> Listen(
      const std::string& address, Topic topic, Acceptor acceptor) = 0;

  // Begins a conversation at once and connects meanwhile; what is sent before
  // waits. on_closed says that it could not be reached.
  virtual std::unique_ptr<Link> Dial(const std::string& address, Topic topic,
                                     Link::Handler handler) = 0;
};

}  // namespace millrace
