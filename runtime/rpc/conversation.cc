#include "runtime/rpc/conversation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/visible_mutex_lock.h"
#include "runtime/rpc/queue_order.h"

namespace millrace {

Conversation::Conversation(std::unique_ptr<StreamCall> call,
                           std::function<void(Conversation*)> on_done)
    : on_done_(std::move(on_done)), call_(std::move(call)) {}

namespace {

// One for all queues: a message that is sent orders both of its ends.
char any_queue;

}  // namespace

void SeeQueueTakenFrom() { SeeTakenOut(&any_queue); }

void Conversation::Complete(void* tag, bool succeeded) {
  SeeQueueTakenFrom();
  const Tag& done = *static_cast<Tag*>(tag);
  (done.conversation->*done.done)(succeeded);
}

void Conversation::Dial() {
  VisibleMutexLock lock(&mutex_);
  SeeStarted(&any_queue);
  self_ = shared_from_this();
  ++under_way_;
  call_->Start(&started_);
}

void Conversation::Accept() {
  VisibleMutexLock lock(&mutex_);
  SeeStarted(&any_queue);
  self_ = shared_from_this();
  begun_ = true;
  StartRead();
  Advance();
}

void Conversation::Send(std::string message) {
  VisibleMutexLock lock(&mutex_);
  if (call_ == nullptr || input_ended_ || broken_) return;
  if (message.size() > Network::kMaxMessageBytes) {
    failure_ = absl::ResourceExhaustedError(
        absl::StrCat("a message of ", message.size(), " bytes; at most ",
                     Network::kMaxMessageBytes, " are sent in one"));
    broken_ = true;
    DropQueue();
    call_->Cancel();
    return;
  }
  queued_bytes_ += message.size();
  outgoing_.push_back(std::move(message));
  Advance();
}

int64_t Conversation::queued_bytes() {
  VisibleMutexLock lock(&mutex_);
  return queued_bytes_;
}

void Conversation::Orphan() {
  gate_.Shut();
  VisibleMutexLock lock(&mutex_);
  orphaned_ = true;
  Advance();
}

void Conversation::Cancel() {
  VisibleMutexLock lock(&mutex_);
  if (call_ != nullptr) call_->Cancel();
}

void Conversation::StartRead() {
  ++under_way_;
  call_->Read(&read_);
}

void Conversation::DropQueue() {
  outgoing_.clear();
  queued_bytes_ = writing_bytes_;
}

void Conversation::Advance() {
  if (!begun_ || writing_ || finish_asked_ || call_ == nullptr) return;
  if (input_ended_) {
    finish_asked_ = true;
    ++under_way_;
    call_->Finish(&finished_);
    return;
  }
  if (!outgoing_.empty()) {
    writing_ = true;
    ++under_way_;
    std::string message = std::move(outgoing_.front());
    outgoing_.pop_front();
    writing_bytes_ = message.size();
    SeeStarted(&any_queue);
    call_->Write(std::move(message), &written_);
    return;
  }
  if (orphaned_ && !writes_ended_asked_) {
    writes_ended_asked_ = true;
    ++under_way_;
    if (call_->EndsByFinish()) {
      finish_asked_ = true;
      call_->Finish(&finished_);
    } else {
      call_->EndWrites(&writes_ended_);
    }
  }
}

void Conversation::OnStarted(bool succeeded) {
  VisibleMutexLock lock(&mutex_);
  begun_ = true;
  input_ended_ = !succeeded;
  if (succeeded) {
    StartRead();
  } else {
    DropQueue();
  }
  Advance();
  Settle();
}

void Conversation::OnRead(bool succeeded) {
  if (succeeded) {
    StreamCall* call = nullptr;
    {
      VisibleMutexLock lock(&mutex_);
      call = call_.get();
    }
    gate_.Message(call->TakeMessage());
  }
  bool last = false;
  {
    VisibleMutexLock lock(&mutex_);
    if (!succeeded) {
      input_ended_ = true;
      DropQueue();
      Advance();
    } else if (!finish_asked_) {
      StartRead();
    }
    last = Settle();
  }
  if (last) Leave();
}

void Conversation::OnWritten(bool succeeded) {
  bool last = false;
  {
    VisibleMutexLock lock(&mutex_);
    writing_ = false;
    queued_bytes_ -= std::exchange(writing_bytes_, 0);
    if (!succeeded) {
      broken_ = true;
      DropQueue();
    }
    Advance();
    last = Settle();
  }
  if (last) Leave();
}

void Conversation::OnWritesEnded(bool) {
  bool last = false;
  {
    VisibleMutexLock lock(&mutex_);
    last = Settle();
  }
  if (last) Leave();
}

void Conversation::OnFinished(bool) {
  absl::Status end;
  {
    VisibleMutexLock lock(&mutex_);
    finished_done_ = true;
    DropQueue();
    end = failure_.ok() ? call_->end() : failure_;
  }
  gate_.Closed(std::move(end));
  bool last = false;
  {
    VisibleMutexLock lock(&mutex_);
    last = Settle();
  }
  if (last) Leave();
}

bool Conversation::Settle() {
  --under_way_;
  return under_way_ == 0 && finished_done_;
}

void Conversation::Leave() {
  std::shared_ptr<Conversation> self;
  std::unique_ptr<StreamCall> call;
  {
    VisibleMutexLock lock(&mutex_);
    self = std::move(self_);
    call = std::move(call_);
  }
  call.reset();
  on_done_(this);
}

}  // namespace millrace
