#include "runtime/rpc/local_network.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/visible_mutex_lock.h"
#include "runtime/rpc/listen_address.h"
#include "runtime/rpc/local_pipe.h"

namespace millrace {
namespace {

// The first port that is given for 0; ports of ordinary configurations are
// lower.
constexpr int kFirstFreePort = 40000;

absl::Status Gone(absl::string_view who) {
  return absl::UnavailableError(absl::StrCat(who, " ended the connection"));
}

class LocalLink final : public Link {
 public:
  LocalLink(std::shared_ptr<LocalPipe> in, std::shared_ptr<LocalPipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~LocalLink() override {
    in_->Shut();
    out_->End(Gone("the other side"));
  }

  void Send(std::string message) override {
    if (message.size() > Network::kMaxMessageBytes) {
      const absl::Status too_large = absl::ResourceExhaustedError(
          absl::StrCat("a message of ", message.size(), " bytes; at most ",
                       Network::kMaxMessageBytes, " are sent in one"));
      in_->EndNow(too_large);
      out_->EndNow(Gone("the other side"));
      return;
    }
    out_->Send(std::move(message));
  }
  int64_t queued_bytes() const override { return out_->queued_bytes(); }

 private:
  const std::shared_ptr<LocalPipe> in_;
  const std::shared_ptr<LocalPipe> out_;
};

// Both directions, for the one who took it.
struct Taken {
  std::weak_ptr<LocalPipe> in;
  std::weak_ptr<LocalPipe> out;
};

}  // namespace

// Who listens where.
class LocalNetwork::Switchboard {
 public:
  struct Place {
    Topic topic;
    Acceptor acceptor;
    // An acceptor is called by one thread, and not after its listener's end.
    absl::Mutex accepting;
    bool ended ABSL_GUARDED_BY(accepting) = false;
    std::vector<Taken> taken ABSL_GUARDED_BY(accepting);
  };

  explicit Switchboard(Executor* executor) : executor_(executor) {}

  Executor* executor() const { return executor_; }

  absl::StatusOr<std::string> Add(ListenAddress where,
                                  std::shared_ptr<Place> place) {
    VisibleMutexLock lock(&mutex_);
    if (where.port == 0) where.port = next_port_++;
    const std::string address = where.ToString();
    if (!places_.emplace(address, std::move(place)).second) {
      return absl::UnavailableError(
          absl::StrCat("something listens at ", address, " already"));
    }
    return address;
  }
  void Remove(const std::string& address) {
    VisibleMutexLock lock(&mutex_);
    places_.erase(address);
  }
  std::shared_ptr<Place> Find(const std::string& address) {
    VisibleMutexLock lock(&mutex_);
    const auto found = places_.find(address);
    return found == places_.end() ? nullptr : found->second;
  }

 private:
  Executor* const executor_;
  absl::Mutex mutex_;
  int next_port_ ABSL_GUARDED_BY(mutex_) = kFirstFreePort;
  std::map<std::string, std::shared_ptr<Place>> places_
      ABSL_GUARDED_BY(mutex_);
};

class LocalNetwork::Listener final : public LinkListener {
 public:
  Listener(std::shared_ptr<Switchboard> switchboard, std::string address,
           std::shared_ptr<Switchboard::Place> place)
      : switchboard_(std::move(switchboard)),
        address_(std::move(address)),
        place_(std::move(place)) {}
  ~Listener() override {
    switchboard_->Remove(address_);
    VisibleMutexLock lock(&place_->accepting);
    place_->ended = true;
    for (const Taken& taken : place_->taken) {
      if (const auto in = taken.in.lock()) in->EndNow(Gone("this side"));
      if (const auto out = taken.out.lock()) out->EndNow(Gone(address_));
    }
  }

  const std::string& address() const override { return address_; }

 private:
  const std::shared_ptr<Switchboard> switchboard_;
  const std::string address_;
  const std::shared_ptr<Switchboard::Place> place_;
};

LocalNetwork::LocalNetwork(Executor* executor)
    : switchboard_(std::make_shared<Switchboard>(executor)) {}

LocalNetwork::~LocalNetwork() = default;

absl::StatusOr<std::unique_ptr<LinkListener>> LocalNetwork::Listen(
    const std::string& address, Topic topic, Acceptor acceptor) {
  const auto where = ParseListenAddress(address);
  if (!where.ok()) return where.status();
  auto place = std::make_shared<Switchboard::Place>();
  place->topic = topic;
  place->acceptor = std::move(acceptor);
  auto added = switchboard_->Add(*where, place);
  if (!added.ok()) return added.status();
  return std::make_unique<Listener>(switchboard_, *std::move(added),
                                    std::move(place));
}

std::unique_ptr<Link> LocalNetwork::Dial(const std::string& address,
                                         Topic topic,
                                         Link::Handler handler) {
  Executor* const executor = switchboard_->executor();
  auto forth = std::make_shared<LocalPipe>(executor);
  auto back = std::make_shared<LocalPipe>(executor);
  back->Open(std::move(handler));
  executor->Post([switchboard = switchboard_, address, topic, forth, back] {
    const auto place = switchboard->Find(address);
    if (place == nullptr || place->topic != topic) {
      forth->Shut();
      back->End(absl::UnavailableError(
          absl::StrCat("nothing listens at ", address)));
    } else {
      VisibleMutexLock lock(&place->accepting);
      if (place->ended) {
        forth->Shut();
        back->End(Gone(address));
      } else {
        std::erase_if(place->taken, [](const Taken& taken) {
          return taken.in.expired() && taken.out.expired();
        });
        place->taken.push_back({forth, back});
        forth->Open(place->acceptor(std::make_shared<LocalLink>(forth, back)));
      }
    }
    forth->Start();
    back->Start();
  });
  return std::make_unique<LocalLink>(std::move(back), std::move(forth));
}

}  // namespace millrace
