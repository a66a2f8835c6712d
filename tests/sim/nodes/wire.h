#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/network.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

class WireTalk;

// What lies between the processes of a simulated cluster. Does to conversations
// what network.h leaves open and TCP does:
//
//   - messages take time; those of one direction keep their order
//   - a conversation breaks: of what was under way in each direction some first
//     part arrives, and each side hears of it by itself, seconds apart; a new
//     one may begin before the other side has heard of the end of the old one
//   - a partition holds messages up, in both directions or in one, and breaks
//     what lasts too long
//   - a process that is killed ends its conversations; one that stands still
//     for long is hung up on
//
// and, beyond that, control messages that the protocol takes twice come twice.
//
// A process is at a host, "tm-1"; an address is "HOST:PORT". Whoever dials
// kService reaches one of the hosts "jm-...", as by a load balancer.
class Wire {
 public:
  static constexpr char kService[] = "jobmanager:6123";
  // After GrpcNetwork: until a dial is given up, and until a side that does not
  // answer is.
  static constexpr int64_t kConnectNanos = 3'000'000'000;
  static constexpr int64_t kPeerLostNanos = 5'000'000'000;

  struct Options {
    Scheduler* scheduler = nullptr;
    FaultBook* faults = nullptr;
    // Told of each message of control as it is sent.
    std::function<void(const std::string& from, const std::string& to,
                       const std::string& bytes)>
        on_control;
    // A host knows that a conversation of control with the other is over.
    std::function<void(const std::string& host, const std::string& other)>
        on_hung_up;
  };
  explicit Wire(Options options) : options_(std::move(options)) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // The network as the process sees it, which the wire outlives.
  std::unique_ptr<Network> NetworkOf(ProcessRef process, std::string host);

  // The process has just died.
  void OnDeath(const ProcessRef& process);
  // It has just begun to stand still.
  void OnPause(const ProcessRef& process);
  // Breaks one of the conversations; false: there is none.
  bool BreakOne();
  // Holds up what goes from one host to the other.
  void Block(const std::string& from, const std::string& to,
             int64_t until_nanos);
  // Nothing is held up any more.
  void Heal() { blocked_until_.clear(); }

 private:
  friend class WireTalk;
  class Side;
  struct Place {
    ProcessRef process;
    std::string host;
    Network::Topic topic;
    Network::Acceptor acceptor;
    std::vector<std::weak_ptr<WireTalk>> taken;
  };
  using PlaceRef = std::shared_ptr<Place>;

  PlaceRef Find(const std::string& address);
  int64_t Delay();
  // When a message may go that way; now or earlier: at once.
  int64_t FreeAt(const std::string& from, const std::string& to) const;
  std::vector<std::shared_ptr<WireTalk>> Talks();

  const Options options_;
  int next_port_ = 40000;
  std::map<std::string, PlaceRef> places_;  // By address.
  std::vector<std::weak_ptr<WireTalk>> talks_;
  std::map<std::pair<std::string, std::string>, int64_t> blocked_until_;
};

}  // namespace millrace::sim
