#pragma once

#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/rpc/conversation.h"

namespace millrace {

// The conversations of one queue that still have operations under way, so that
// whoever owns the queue can end them before it. Thread-safe.
class ConversationSet {
 public:
  // False: they are being ended, no other begins.
  bool Add(Conversation* conversation);
  // The last that is done with a conversation.
  void Remove(Conversation* conversation);

  // Cancels them and waits until all are gone. Not called by the queue's
  // thread.
  void EndAll();

 private:
  absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<Conversation*> conversations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
