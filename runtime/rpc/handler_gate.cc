#include "runtime/rpc/handler_gate.h"

#include <utility>

namespace millrace {

void HandlerGate::Open(Link::Handler handler) {
  VisibleMutexLock lock(&mutex_);
  // The link may be gone before it was ever heard.
  if (!shut_) handler_ = std::move(handler);
}

bool HandlerGate::Enter() {
  VisibleMutexLock lock(&mutex_);
  if (shut_) return false;
  running_ = true;
  return true;
}

void HandlerGate::Leave() {
  VisibleMutexLock lock(&mutex_);
  running_ = false;
}

void HandlerGate::Message(std::string message) {
  if (!Enter()) return;
  if (handler_.on_message) handler_.on_message(std::move(message));
  Leave();
}

void HandlerGate::Closed(absl::Status status) {
  if (!Enter()) return;
  if (handler_.on_closed) handler_.on_closed(std::move(status));
  Link::Handler done;
  {
    VisibleMutexLock lock(&mutex_);
    shut_ = true;
    running_ = false;
    done = std::exchange(handler_, {});
  }
  // Destroyed outside of the lock: it may hold the link, whose end shuts this.
}

void HandlerGate::Shut() {
  Link::Handler done;  // Destroyed outside of the lock.
  VisibleMutexLock lock(&mutex_);
  shut_ = true;
  const auto is_idle = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    SeeLocked(&mutex_);
    const bool idle = !running_;
    SeeUnlocking(&mutex_);
    return idle;
  };
  SeeUnlocking(&mutex_);
  mutex_.Await(absl::Condition(&is_idle));
  SeeLocked(&mutex_);
  done = std::exchange(handler_, {});
}

}  // namespace millrace
