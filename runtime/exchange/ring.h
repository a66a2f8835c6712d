#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/waker.h"
#include "runtime/exchange/stream_event.h"

namespace millrace {

// The door for data: events from one sending subtask to one receiving subtask
// of the same process, in order, without a lock.
//
// Bounded by bytes and by slots. The event that crosses the byte limit is still
// taken, so an event larger than the limit passes; the overshoot is one batch.
//
// Threads: one producer calls HasRoom and Offer, one consumer Take; both may be
// the same thread. A producer that was refused is woken when the ring is half
// empty again; a consumer is woken at every Offer.
class Ring {
 public:
  struct Options {
    // What a receiver may lag behind before its sender stops: four full
    // batches of 256 KiB.
    int64_t limit_bytes = 1 << 20;
    // Bounds events without bytes. REQUIRES: a power of two.
    uint32_t slots = 64;
    // Who sleeps on either side; null where nobody does. They outlive the ring.
    Waker* producer = nullptr;
    Waker* consumer = nullptr;
  };

  explicit Ring(const Options& options);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Whether Offer would take an event now. False is a refusal: the producer
  // is woken later.
  bool HasRoom() const;

  // True: `event` was moved in. False: refused, `event` is as it was.
  bool Offer(StreamEvent& event);

  // The oldest event; nullopt when there is none.
  std::optional<StreamEvent> Take();

  // Of all batches that were ever offered, and taken. Each for its side.
  int64_t offered_bytes() const {
    return offered_bytes_.load(std::memory_order_relaxed);
  }
  int64_t taken_bytes() const {
    return taken_bytes_.load(std::memory_order_relaxed);
  }

  // Whether the producer may soon be refused. The consumer's.
  bool IsHalfFull() const;

  // For status: about how much is in it. Any thread.
  int64_t size_bytes() const {
    return offered_bytes_.load(std::memory_order_relaxed) -
           taken_bytes_.load(std::memory_order_relaxed);
  }

 private:
  struct Slot {
    StreamEvent event;
    int64_t size_bytes = 0;
  };

  bool FitsNow() const;

  const Options options_;
  std::vector<Slot> slots_;

  // Written by the producer.
  alignas(64) std::atomic<uint64_t> tail_{0};
  std::atomic<int64_t> offered_bytes_{0};
  mutable std::atomic<bool> refused_{false};
  // Written by the consumer.
  alignas(64) std::atomic<uint64_t> head_{0};
  std::atomic<int64_t> taken_bytes_{0};
};

}  // namespace millrace
