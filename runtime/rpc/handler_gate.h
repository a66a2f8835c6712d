#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/network.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

// Between a network and the handler of one link: lets calls through until the
// owner of the link shuts it, which waits for the call under way.
//
// Message and Closed are called by the network, never two at a time; Open
// before them; Shut by the link's owner, at any time, from any thread.
class HandlerGate {
 public:
  void Open(Link::Handler handler);

  void Message(std::string message);
  // The last call; the handler is destroyed behind it, with what it holds.
  void Closed(absl::Status status);

  // No call is under way when it returns, and none follows.
  void Shut();

 private:
  // Whether the handler may be called; Leave follows.
  bool Enter();
  void Leave();

  absl::Mutex mutex_;
  bool shut_ ABSL_GUARDED_BY(mutex_) = false;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  // Replaced only while no call is under way, and none can begin.
  Link::Handler handler_;
};

}  // namespace millrace
