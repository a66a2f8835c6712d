#include "tests/sim/nodes/wire.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sim/nodes/wire_talk.h"

namespace millrace::sim {
namespace {

constexpr int64_t kUsualDelayNanos = 2'000'000;
constexpr int64_t kSlowDelayNanos = 900'000'000;

class WireLink final : public Link {
 public:
  WireLink(std::shared_ptr<WireTalk> talk, int side)
      : talk_(std::move(talk)), side_(side) {}
  ~WireLink() override { talk_->Leave(side_); }

  void Send(std::string message) override {
    talk_->Send(side_, std::move(message));
  }
  int64_t queued_bytes() const override { return talk_->queued_bytes(side_); }

 private:
  const std::shared_ptr<WireTalk> talk_;
  const int side_;
};

class WireListener final : public LinkListener {
 public:
  WireListener(std::string address, std::function<void()> end)
      : address_(std::move(address)), end_(std::move(end)) {}
  ~WireListener() override { end_(); }
  const std::string& address() const override { return address_; }

 private:
  const std::string address_;
  const std::function<void()> end_;
};

}  // namespace

void WireTalk::Accept() {
  if (sides_[1].end_sent && !sides_[1].hears) return;
  opened_ = true;
  sides_[1].handler = acceptor_(
      std::make_shared<WireLink>(shared_from_this(), 1));
  acceptor_ = nullptr;
}

// The network as one process sees it.
class Wire::Side final : public Network {
 public:
  Side(Wire* wire, ProcessRef process, std::string host)
      : wire_(wire), process_(std::move(process)), host_(std::move(host)) {}

  absl::StatusOr<std::unique_ptr<LinkListener>> Listen(
      const std::string& wanted, Topic topic, Acceptor acceptor) override {
    std::string port = wanted.substr(wanted.rfind(':') + 1);
    if (port == "0") port = absl::StrCat(wire_->next_port_++);
    const std::string address = absl::StrCat(host_, ":", port);
    auto place = std::make_shared<Place>(
        Place{process_, host_, topic, std::move(acceptor), {}});
    wire_->places_[address] = place;
    return std::make_unique<WireListener>(
        address, [wire = wire_, address, place] {
          // A later life of the host may listen there by now.
          const auto found = wire->places_.find(address);
          if (found != wire->places_.end() && found->second == place) {
            wire->places_.erase(found);
          }
          for (const auto& taken : place->taken) {
            if (const auto talk = taken.lock()) talk->EndAt(1);
          }
        });
  }

  std::unique_ptr<Link> Dial(const std::string& address, Topic topic,
                             Link::Handler handler) override {
    const PlaceRef place = wire_->Find(address);
    const bool there = place != nullptr && place->topic == topic;
    auto talk = std::make_shared<WireTalk>(
        wire_, topic, WireTalk::End{process_, host_},
        there ? WireTalk::End{place->process, place->host} : WireTalk::End{},
        there ? place->acceptor : Acceptor(), std::move(handler));
    if (there) place->taken.push_back(talk);
    wire_->talks_.push_back(talk);
    talk->Dial();
    return std::make_unique<WireLink>(std::move(talk), 0);
  }

 private:
  Wire* const wire_;
  const ProcessRef process_;
  const std::string host_;
};

std::unique_ptr<Network> Wire::NetworkOf(ProcessRef process,
                                         std::string host) {
  return std::make_unique<Side>(this, std::move(process), std::move(host));
}

Wire::PlaceRef Wire::Find(const std::string& address) {
  if (address != kService) {
    const auto found = places_.find(address);
    if (found == places_.end() || !found->second->process->alive) {
      return nullptr;
    }
    return found->second;
  }
  std::vector<PlaceRef> there;
  for (const auto& [where, place] : places_) {
    if (absl::StartsWith(where, "jm-") && place->process->alive) {
      there.push_back(place);
    }
  }
  if (there.empty()) return nullptr;
  return there[options_.scheduler->Jitter(static_cast<int64_t>(there.size()))];
}

int64_t Wire::Delay() {
  const int64_t delay = options_.scheduler->Jitter(kUsualDelayNanos);
  return options_.faults->Roll(Fault::kSlowMessage)
             ? delay + options_.scheduler->Jitter(kSlowDelayNanos)
             : delay;
}

int64_t Wire::FreeAt(const std::string& from, const std::string& to) const {
  const auto found = blocked_until_.find({from, to});
  return found == blocked_until_.end() ? 0 : found->second;
}

std::vector<std::shared_ptr<WireTalk>> Wire::Talks() {
  std::vector<std::shared_ptr<WireTalk>> talks;
  std::erase_if(talks_, [&](const std::weak_ptr<WireTalk>& ref) {
    auto talk = ref.lock();
    if (talk == nullptr || talk->is_over()) return true;
    talks.push_back(std::move(talk));
    return false;
  });
  return talks;
}

void Wire::OnDeath(const ProcessRef& process) {
  for (const auto& talk : Talks()) {
    const int side = talk->SideOf(process);
    if (side >= 0) talk->Die(side);
  }
}

void Wire::OnPause(const ProcessRef& process) {
  options_.scheduler->Post(nullptr, kPeerLostNanos, [this, process] {
    if (!process->alive ||
        process->paused_until_nanos <= options_.scheduler->clock().nanos()) {
      return;
    }
    for (const auto& talk : Talks()) {
      if (talk->SideOf(process) >= 0) talk->Break();
    }
  });
}

bool Wire::BreakOne() {
  const auto talks = Talks();
  if (talks.empty()) return false;
  talks[options_.scheduler->Jitter(static_cast<int64_t>(talks.size()))]
      ->Break();
  return true;
}

void Wire::Block(const std::string& from, const std::string& to,
                 int64_t until_nanos) {
  blocked_until_[{from, to}] = until_nanos;
  options_.scheduler->Post(nullptr, kPeerLostNanos, [this, from, to] {
    if (FreeAt(from, to) <= options_.scheduler->clock().nanos()) return;
    for (const auto& talk : Talks()) {
      if (talk->joins(from, to)) talk->Break();
    }
  });
}

}  // namespace millrace::sim
