#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/network.h"
#include "runtime/base/visible_mutex_lock.h"
#include "runtime/base/waker.h"

namespace millrace {

// A network within the test: what is sent waits until Deliver, or until its
// thread comes by.
class MemoryNetwork final : public Network {
 public:
  ~MemoryNetwork() override { StopThread(); }

  absl::StatusOr<std::unique_ptr<LinkListener>> Listen(
      const std::string&, Topic, Acceptor acceptor) override {
    auto listener = std::make_unique<Listener>();
    listener->at = absl::StrCat("memory:", acceptors_.size());
    acceptors_.push_back(std::move(acceptor));
    return listener;
  }

  std::unique_ptr<Link> Dial(const std::string& address, Topic,
                             Link::Handler handler) override {
    auto near = std::make_shared<Side>();
    auto far = std::make_shared<Side>();
    near->handler = std::move(handler);
    work_.Post([this, near, far, address] {
      for (size_t i = 0; i < acceptors_.size(); ++i) {
        if (address == absl::StrCat("memory:", i)) {
          sides_.push_back(near);
          sides_.push_back(far);
          return far->Begin(
              acceptors_[i](std::make_shared<End>(this, far, near)));
        }
      }
      near->End(absl::UnavailableError("nobody listens"));
    });
    return std::make_unique<End>(this, near, far);
  }

  // Carries out what was sent so far; false: nothing.
  bool Deliver() {
    for (auto& work : work_.TakeAll()) arriving_.push_back(std::move(work));
    if (arriving_.empty()) return false;
    for (auto& work : std::exchange(arriving_, {})) work();
    return true;
  }
  // One message, or conversation begun or ended.
  bool DeliverOne() {
    for (auto& work : work_.TakeAll()) arriving_.push_back(std::move(work));
    if (arriving_.empty()) return false;
    const auto work = std::move(arriving_.front());
    arriving_.pop_front();
    work();
    return true;
  }

  // Ends every conversation.
  void Cut() {
    for (const auto& side : sides_) {
      side->End(absl::UnavailableError("cut"));
    }
  }

  // From now on a thread delivers.
  void StartThread() {
    thread_.emplace(1);
    thread_->Post([this] {
      while (!stopping_) {
        waker_.BeginTurn();
        if (!Deliver()) waker_.Wait(INT64_MAX);
      }
    });
  }
  void StopThread() {
    work_.Post([this] { stopping_ = true; });
    thread_.reset();
  }

 private:
  struct Listener final : LinkListener {
    std::string at;
    const std::string& address() const override { return at; }
  };

  // What one side hears; locked while it does.
  struct Side {
    absl::Mutex mutex;
    Link::Handler handler;
    bool ended = false;

    void Begin(Link::Handler begun) {
      VisibleMutexLock lock(&mutex);
      handler = std::move(begun);
    }
    void Hear(std::string message) {
      VisibleMutexLock lock(&mutex);
      if (!ended && handler.on_message) handler.on_message(std::move(message));
    }
    void End(absl::Status status) {
      VisibleMutexLock lock(&mutex);
      // A side that nobody has accepted hears nothing.
      const bool hears = !std::exchange(ended, true) && handler.on_closed;
      if (hears) handler.on_closed(std::move(status));
    }
    void Leave() {
      VisibleMutexLock lock(&mutex);
      ended = true;
    }
  };

  class End final : public Link {
   public:
    End(MemoryNetwork* network, std::shared_ptr<Side> near,
        std::shared_ptr<Side> far)
        : network_(network), near_(std::move(near)), far_(std::move(far)) {}
    ~End() override {
      near_->Leave();
      network_->work_.Post(
          [far = far_] { far->End(absl::UnavailableError("it has gone")); });
    }
    void Send(std::string message) override {
      network_->work_.Post([far = far_, message = std::move(message)] {
        far->Hear(message);
      });
    }
    int64_t queued_bytes() const override { return 0; }

   private:
    MemoryNetwork* const network_;
    const std::shared_ptr<Side> near_;
    const std::shared_ptr<Side> far_;
  };

  Waker waker_;
  Mailbox<std::function<void()>> work_{[this] { waker_.Wake(); }};
  std::deque<std::function<void()>> arriving_;
  std::vector<Acceptor> acceptors_;  // Before anything is delivered.
  std::vector<std::shared_ptr<Side>> sides_;
  bool stopping_ = false;
  std::optional<BackgroundPool> thread_;
};

}  // namespace millrace
