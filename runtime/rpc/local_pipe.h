#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/executor.h"
#include "runtime/base/network.h"
#include "runtime/rpc/handler_gate.h"

namespace millrace {

// One direction of a conversation within a process: what was sent into it, in
// order, until the executor has handed it to the handler at its end; one piece
// of work at a time. Held by both sides, and by the work under way.
// Thread-safe.
class LocalPipe : public std::enable_shared_from_this<LocalPipe> {
 public:
  explicit LocalPipe(Executor* executor) : executor_(executor) {}

  // What hears it. What was sent before waits until Start.
  void Open(Link::Handler handler) { gate_.Open(std::move(handler)); }
  void Start();
  // The owner of the handler leaves: see HandlerGate::Shut.
  void Shut();

  void Send(std::string message);
  // Behind what was sent; the first end counts.
  void End(absl::Status status);
  // What was sent and not handed over is dropped.
  void EndNow(absl::Status status);

  int64_t queued_bytes();

 private:
  // So many messages, then others get their turn.
  static constexpr int kMessagesATurn = 64;

  void Schedule() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Deliver();
  // False: nothing is left to do.
  bool DeliverOne();

  Executor* const executor_;
  HandlerGate gate_;
  absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool scheduled_ ABSL_GUARDED_BY(mutex_) = false;
  bool shut_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::string> messages_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // Handed over when ended_.
  bool end_told_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace
