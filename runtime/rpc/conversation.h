#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/network.h"
#include "runtime/rpc/handler_gate.h"
#include "runtime/rpc/stream_call.h"

namespace millrace {

// One side of a conversation over a StreamCall: keeps a read under way, writes
// what is sent in its order, and ends the call in the order that the library
// asks for. It lives until its last operation is done, whatever becomes of its
// link.
//
// Ends: a Read that fails (the other side ended, or is gone) -> what is queued
// is dropped, the write under way awaited -> Finish -> on_closed. A link that
// is destroyed -> what was sent goes out, what comes is dropped -> EndWrites,
// and then the same.
//
// Thread-safe. Complete is called by the one thread that serves the queue.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  // `on_done`, the last call, on the queue's thread: no operation is under way.
  Conversation(std::unique_ptr<StreamCall> call,
               std::function<void(Conversation*)> on_done);

  // A tag came out of the queue.
  static void Complete(void* tag, bool succeeded);

  // What hears it; before Start or Accept.
  void Open(Link::Handler handler) { gate_.Open(std::move(handler)); }
  // Begins, on the side that dials.
  void Dial();
  // Begins, on the other: the call is there already. Send may come before.
  void Accept();

  void Send(std::string message);
  int64_t queued_bytes();
  // The link is gone: no call of a handler is under way, none follows.
  void Orphan();
  // Ends at once, as if the other side were gone.
  void Cancel();

 private:
  struct Tag {
    Conversation* conversation;
    void (Conversation::*done)(bool succeeded);
  };

  void OnStarted(bool succeeded);
  void OnRead(bool succeeded);
  void OnWritten(bool succeeded);
  void OnWritesEnded(bool succeeded);
  void OnFinished(bool succeeded);

  void StartRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be: the next write, or the end.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropQueue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // An operation is done; whether it was the last.
  bool Settle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave();

  const std::function<void(Conversation*)> on_done_;
  HandlerGate gate_;

  Tag started_{this, &Conversation::OnStarted};
  Tag read_{this, &Conversation::OnRead};
  Tag written_{this, &Conversation::OnWritten};
  Tag writes_ended_{this, &Conversation::OnWritesEnded};
  Tag finished_{this, &Conversation::OnFinished};

  absl::Mutex mutex_;
  std::unique_ptr<StreamCall> call_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> outgoing_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t writing_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;  // Operations.
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool writes_ended_asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finish_asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool orphaned_ ABSL_GUARDED_BY(mutex_) = false;
  // No write will succeed any more; the read that fails ends the call.
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);  // What this side did wrong.
  // While operations are under way.
  std::shared_ptr<Conversation> self_ ABSL_GUARDED_BY(mutex_);
};

// Before anything that comes out of a queue is looked at: what was done before
// the other side sent comes first, for ThreadSanitizer.
void SeeQueueTakenFrom();

// A Link whose conversation it orphans.
class ConversationLink final : public Link {
 public:
  explicit ConversationLink(std::shared_ptr<Conversation> conversation)
      : conversation_(std::move(conversation)) {}
  ~ConversationLink() override { conversation_->Orphan(); }

  void Send(std::string message) override {
    conversation_->Send(std::move(message));
  }
  int64_t queued_bytes() const override {
    return conversation_->queued_bytes();
  }

 private:
  const std::shared_ptr<Conversation> conversation_;
};

}  // namespace millrace
