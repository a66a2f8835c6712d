#include "runtime/rpc/conversation_set.h"

#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

bool ConversationSet::Add(Conversation* conversation) {
  VisibleMutexLock lock(&mutex_);
  if (ending_) return false;
  conversations_.insert(conversation);
  return true;
}

void ConversationSet::Remove(Conversation* conversation) {
  VisibleMutexLock lock(&mutex_);
  conversations_.erase(conversation);
}

void ConversationSet::EndAll() {
  VisibleMutexLock lock(&mutex_);
  ending_ = true;
  for (Conversation* const conversation : conversations_) {
    conversation->Cancel();
  }
  const auto is_empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    SeeLocked(&mutex_);
    const bool empty = conversations_.empty();
    SeeUnlocking(&mutex_);
    return empty;
  };
  SeeUnlocking(&mutex_);
  mutex_.Await(absl::Condition(&is_empty));
  SeeLocked(&mutex_);
}

}  // namespace millrace
