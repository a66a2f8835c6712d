#include "runtime/rpc/local_pipe.h"

#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

void LocalPipe::Start() {
  VisibleMutexLock lock(&mutex_);
  started_ = true;
  Schedule();
}

void LocalPipe::Shut() {
  gate_.Shut();
  VisibleMutexLock lock(&mutex_);
  shut_ = true;
  messages_.clear();
  queued_bytes_ = 0;
}

void LocalPipe::Send(std::string message) {
  VisibleMutexLock lock(&mutex_);
  if (ended_ || shut_) return;
  queued_bytes_ += message.size();
  messages_.push_back(std::move(message));
  Schedule();
}

void LocalPipe::End(absl::Status status) {
  VisibleMutexLock lock(&mutex_);
  if (ended_) return;
  ended_ = true;
  end_ = std::move(status);
  Schedule();
}

void LocalPipe::EndNow(absl::Status status) {
  {
    VisibleMutexLock lock(&mutex_);
    messages_.clear();
    queued_bytes_ = 0;
  }
  End(std::move(status));
}

int64_t LocalPipe::queued_bytes() {
  VisibleMutexLock lock(&mutex_);
  return queued_bytes_;
}

void LocalPipe::Schedule() {
  if (!started_ || scheduled_) return;
  if (messages_.empty() && (!ended_ || end_told_)) return;
  scheduled_ = true;
  executor_->Post([self = shared_from_this()] { self->Deliver(); });
}

void LocalPipe::Deliver() {
  int delivered = 0;
  while (delivered < kMessagesATurn && DeliverOne()) ++delivered;
  VisibleMutexLock lock(&mutex_);
  scheduled_ = false;
  Schedule();
}

bool LocalPipe::DeliverOne() {
  std::string message;
  std::optional<absl::Status> end;
  {
    VisibleMutexLock lock(&mutex_);
    if (!messages_.empty()) {
      message = std::move(messages_.front());
      messages_.pop_front();
      queued_bytes_ -= message.size();
    } else if (ended_ && !end_told_) {
      end_told_ = true;
      end = end_;
    } else {
      return false;
    }
  }
  if (end) {
    gate_.Closed(*std::move(end));
  } else {
    gate_.Message(std::move(message));
  }
  return true;
}

}  // namespace millrace
