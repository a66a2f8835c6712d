// One suite for every Network between whose ends there are real threads.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/error.h"
#include "runtime/rpc/grpc_network.h"
#include "runtime/rpc/local_network.h"

namespace millrace {
namespace {

// Hears one side of a conversation.
class Ear {
 public:
  Link::Handler handler() {
    return {.on_message = [this](std::string message) {
              Change([&] { heard_.push_back(std::move(message)); });
            },
            .on_closed = [this](absl::Status status) {
              Change([&] { end_ = std::move(status); });
            }};
  }
  std::vector<std::string> WaitFor(size_t messages) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return heard_.size() >= messages; });
    return heard_;
  }
  absl::Status WaitForEnd() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return end_.has_value(); });
    return *end_;
  }
  size_t heard() {
    std::unique_lock lock(mutex_);
    return heard_.size();
  }

 private:
  void Change(const std::function<void()>& change) {
    std::unique_lock lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
  std::optional<absl::Status> end_;
};

// The side that listens: keeps what it took, hears all of it with one ear.
class Host {
 public:
  explicit Host(Network& network,
                Network::Topic topic = Network::Topic::kControl) {
    auto listener = network.Listen(
        "127.0.0.1:0", topic, [this](std::shared_ptr<Link> link) {
          std::unique_lock lock(mutex_);
          Link* const raw = link.get();
          links_.push_back(std::move(link));
          changed_.notify_all();
          Link::Handler handler = ear.handler();
          if (!echoes) return handler;
          handler.on_message = [raw](std::string message) {
            raw->Send(std::move(message));
          };
          return handler;
        });
    if (listener.ok()) listener_ = *std::move(listener);
  }
  const std::string& address() const { return listener_->address(); }
  Link& WaitForLink(size_t at = 0) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return links_.size() > at; });
    return *links_[at];
  }
  void DropLinks() {
    std::vector<std::shared_ptr<Link>> links;
    {
      std::unique_lock lock(mutex_);
      links.swap(links_);
    }
  }
  void StopListening() { listener_.reset(); }

  Ear ear;
  bool echoes = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Link>> links_;
  std::unique_ptr<LinkListener> listener_;
};

struct Kind {
  const char* name;
  std::unique_ptr<Network> (*make)(Executor* executor);
};

class NetworkTest : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<Link> Dial(const Host& host, Ear& ear) {
    return network_->Dial(host.address(), Network::Topic::kControl,
                          ear.handler());
  }

  BackgroundPool pool_{2};
  std::unique_ptr<Network> network_ = GetParam().make(&pool_);
};

TEST_P(NetworkTest, MessagesArriveInTheOrderOfSending) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  Link& back = host.WaitForLink();
  for (int i = 0; i < 3000; ++i) {
    link->Send(absl::StrCat(i));
    back.Send(absl::StrCat(-i));
  }
  const auto there = host.ear.WaitFor(3000);
  const auto here = ear.WaitFor(3000);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(there[i], absl::StrCat(i));
    ASSERT_EQ(here[i], absl::StrCat(-i));
  }
}

TEST_P(NetworkTest, WhatIsSentBeforeItIsConnectedWaits) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  link->Send("first");
  EXPECT_EQ(host.ear.WaitFor(1)[0], "first");
}

TEST_P(NetworkTest, EmptyAndLargestMessagesArriveWhole) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  std::string largest(Network::kMaxMessageBytes, 'x');
  for (size_t i = 0; i < largest.size(); i += 4093) largest[i] = 'a' + i % 26;
  link->Send("");
  link->Send(largest);
  const auto there = host.ear.WaitFor(2);
  EXPECT_EQ(there[0], "");
  EXPECT_TRUE(there[1] == largest);
}

TEST_P(NetworkTest, AMessageOverTheLimitEndsBothSides) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  host.WaitForLink();
  link->Send(std::string(Network::kMaxMessageBytes + 1, 'x'));
  EXPECT_EQ(ear.WaitForEnd().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(host.ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  link->Send("dropped");
  EXPECT_EQ(host.ear.heard(), 0);
}

TEST_P(NetworkTest, TheLastWordsOfASideArrive) {
  Host host(*network_);
  Ear ear;
  auto link = Dial(host, ear);
  for (int i = 0; i < 100; ++i) link->Send(absl::StrCat(i));
  link.reset();
  EXPECT_EQ(host.ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(host.ear.WaitFor(100).size(), 100);

  Ear other;
  const auto again = Dial(host, other);
  host.WaitForLink(1).Send("not in this cluster");
  host.DropLinks();
  EXPECT_EQ(other.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(other.WaitFor(1)[0], "not in this cluster");
}

TEST_P(NetworkTest, TheSideThatDialledEndsWhileTheOtherSends) {
  Host host(*network_);
  for (int round = 0; round < 20; ++round) {
    Ear ear;
    auto link = Dial(host, ear);
    Link& back = host.WaitForLink(round);
    for (int i = 0; i < 50; ++i) back.Send(std::string(10000, 'x'));
    ear.WaitFor(1);
    link.reset();
    for (int i = 0; i < 50; ++i) back.Send(std::string(10000, 'x'));
  }
  EXPECT_EQ(host.ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_P(NetworkTest, TheSideThatListenedEndsWhileTheOtherSends) {
  for (int round = 0; round < 20; ++round) {
    Host host(*network_);
    Ear ear;
    const auto link = Dial(host, ear);
    for (int i = 0; i < 50; ++i) link->Send(std::string(10000, 'x'));
    host.ear.WaitFor(1);
    host.DropLinks();
    for (int i = 0; i < 50; ++i) link->Send(std::string(10000, 'x'));
    EXPECT_EQ(ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  }
}

TEST_P(NetworkTest, TheEndOfALinkWaitsForItsHandler) {
  Host host(*network_);
  std::mutex mutex;
  std::condition_variable changed;
  bool entered = false;
  bool released = false;
  bool left = false;
  auto link = network_->Dial(
      host.address(), Network::Topic::kControl,
      {.on_message =
           [&](std::string) {
             std::unique_lock lock(mutex);
             entered = true;
             changed.notify_all();
             changed.wait(lock, [&] { return released; });
             left = true;
           },
       .on_closed = [](absl::Status) {}});
  host.WaitForLink().Send("come");
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return entered; });
  }
  std::thread ending([&] {
    link.reset();
    std::unique_lock lock(mutex);
    EXPECT_TRUE(left);
  });
  {
    std::unique_lock lock(mutex);
    EXPECT_FALSE(left);
    released = true;
    changed.notify_all();
  }
  ending.join();
}

TEST_P(NetworkTest, AThousandLinksEachHearTheirOwn) {
  Host host(*network_);
  host.echoes = true;
  constexpr int kLinks = 1000;
  std::vector<Ear> ears(kLinks);
  std::vector<std::unique_ptr<Link>> links;
  for (int i = 0; i < kLinks; ++i) {
    links.push_back(Dial(host, ears[i]));
    links[i]->Send(absl::StrCat("link ", i));
  }
  for (int i = 0; i < kLinks; ++i) {
    EXPECT_EQ(ears[i].WaitFor(1)[0], absl::StrCat("link ", i));
  }
}

TEST_P(NetworkTest, WhatIsQueuedGoesOut) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  for (int i = 0; i < 200; ++i) link->Send(std::string(50000, 'x'));
  host.ear.WaitFor(200);
  // The last is heard a moment before the sender knows that it left.
  while (link->queued_bytes() != 0) std::this_thread::yield();
  link->Send("more");
  host.ear.WaitFor(201);
}

TEST_P(NetworkTest, NobodyThere) {
  std::string address;
  {
    Host host(*network_);
    address = host.address();
  }
  Ear ear;
  const auto link =
      network_->Dial(address, Network::Topic::kControl, ear.handler());
  link->Send("dropped");
  EXPECT_EQ(ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(link->queued_bytes(), 0);
}

TEST_P(NetworkTest, AnotherTopicIsNotHeard) {
  Host host(*network_, Network::Topic::kData);
  Ear ear;
  const auto link = Dial(host, ear);
  EXPECT_EQ(ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_P(NetworkTest, TheEndOfAListenerEndsWhatItTook) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  host.WaitForLink();
  host.StopListening();
  EXPECT_EQ(ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(host.ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  host.WaitForLink().Send("dropped");
  EXPECT_EQ(ear.heard(), 0);
}

TEST_P(NetworkTest, ALinkThatIsDroppedAtOnceEnds) {
  const auto listener =
      network_->Listen("127.0.0.1:0", Network::Topic::kControl,
                       [](std::shared_ptr<Link>) { return Link::Handler(); });
  ASSERT_TRUE(listener.ok()) << listener.status();
  Ear ear;
  const auto link = network_->Dial((*listener)->address(),
                                   Network::Topic::kControl, ear.handler());
  EXPECT_EQ(ear.WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_P(NetworkTest, AnAddressIsTakenOnce) {
  Host host(*network_);
  const auto again =
      network_->Listen(host.address(), Network::Topic::kControl,
                       [](std::shared_ptr<Link>) { return Link::Handler(); });
  EXPECT_EQ(again.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(network_
                ->Listen("nonsense", Network::Topic::kControl,
                         [](std::shared_ptr<Link>) { return Link::Handler(); })
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(NetworkTest, LinksMayOutliveTheNetwork) {
  Host host(*network_);
  Ear ear;
  const auto link = Dial(host, ear);
  link->Send("hello");
  host.ear.WaitFor(1);
  host.StopListening();
  network_.reset();
  link->Send("dropped");
}

INSTANTIATE_TEST_SUITE_P(
    All, NetworkTest,
    testing::Values(Kind{"local",
                         [](Executor* executor) -> std::unique_ptr<Network> {
                           return std::make_unique<LocalNetwork>(executor);
                         }},
                    Kind{"grpc",
                         [](Executor*) -> std::unique_ptr<Network> {
                           return std::make_unique<GrpcNetwork>();
                         }}),
    [](const auto& info) { return info.param.name; });

std::string ListenError(GrpcNetwork& network, const std::string& address,
                        Network::Topic topic) {
  const auto listener = network.Listen(
      address, topic, [](std::shared_ptr<Link>) { return Link::Handler(); });
  return std::string(listener.status().message());
}

TEST(GrpcNetworkTest, SaysWhatToSetWhenItCannotListen) {
  GrpcNetwork network;
  Host host(network);
  EXPECT_EQ(ListenError(network, "127.0.0.1", Network::Topic::kData),
            "CFG-0040: '127.0.0.1' is no address. Write HOST:PORT, as in "
            "127.0.0.1:6123.");
  EXPECT_EQ(ListenError(network, "192.0.2.1:0", Network::Topic::kData),
            "CFG-0041: '192.0.2.1' is no address of this machine, at "
            "192.0.2.1:0: no interface has it. Set taskmanager.bind-host to "
            "127.0.0.1, or to an address that `ip address` shows.");
  const std::string port = host.address().substr(host.address().rfind(':') + 1);
  EXPECT_EQ(
      ListenError(network, host.address(), Network::Topic::kControl),
      absl::StrCat("CFG-0042: port ", port, " cannot be listened at, at ",
                   host.address(),
                   ": another process listens there. Stop that process (`ss "
                   "-ltnp` shows it), or set jobmanager.rpc.port to a free "
                   "port."));
}

}  // namespace
}  // namespace millrace
