#include "runtime/exchange/ring.h"

#include <utility>

#include "runtime/base/check.h"

// No wake-up is lost, because each side first writes what the other looks at
// and then looks at what the other writes, both sequentially consistent:
//
//   producer: refused_ = true; then read head_       (FitsNow once more)
//   consumer: write head_;     then read refused_
//
// and for the consumer's sleep the Waker does the same (waker.h).

namespace millrace {

Ring::Ring(const Options& options) : options_(options), slots_(options.slots) {
  MILLRACE_CHECK(options.slots > 0 &&
                 (options.slots & (options.slots - 1)) == 0);
}

bool Ring::FitsNow() const {
  const uint64_t head = head_.load();
  return tail_.load(std::memory_order_relaxed) - head < slots_.size() &&
         offered_bytes_.load(std::memory_order_relaxed) -
                 taken_bytes_.load(std::memory_order_relaxed) <
             options_.limit_bytes;
}

bool Ring::HasRoom() const {
  if (FitsNow()) return true;
  refused_.store(true);
  return FitsNow();
}

bool Ring::Offer(StreamEvent& event) {
  if (!HasRoom()) return false;
  const Batch* batch = std::get_if<Batch>(&event);
  const uint64_t tail = tail_.load(std::memory_order_relaxed);
  Slot& slot = slots_[tail & (slots_.size() - 1)];
  slot.size_bytes =
      batch == nullptr ? 0 : static_cast<int64_t>(SizeBytes(*batch));
  slot.event = std::move(event);
  offered_bytes_.store(
      offered_bytes_.load(std::memory_order_relaxed) + slot.size_bytes,
      std::memory_order_relaxed);
  tail_.store(tail + 1, std::memory_order_release);
  if (options_.consumer != nullptr) options_.consumer->Wake();
  return true;
}

bool Ring::IsHalfFull() const {
  const uint64_t events = tail_.load(std::memory_order_acquire) -
                          head_.load(std::memory_order_relaxed);
  return events >= slots_.size() / 2 ||
         size_bytes() >= options_.limit_bytes / 2;
}

std::optional<StreamEvent> Ring::Take() {
  const uint64_t head = head_.load(std::memory_order_relaxed);
  const uint64_t tail = tail_.load(std::memory_order_acquire);
  if (head == tail) return std::nullopt;
  Slot& slot = slots_[head & (slots_.size() - 1)];
  // A moved-from Batch keeps nothing, so the slot pins no memory.
  std::optional<StreamEvent> event(std::move(slot.event));
  const int64_t taken =
      taken_bytes_.load(std::memory_order_relaxed) + slot.size_bytes;
  taken_bytes_.store(taken, std::memory_order_relaxed);
  head_.store(head + 1);
  const int64_t left =
      offered_bytes_.load(std::memory_order_relaxed) - taken;
  if (refused_.load() && left <= options_.limit_bytes / 2 &&
      tail - head - 1 <= slots_.size() / 2 && refused_.exchange(false) &&
      options_.producer != nullptr) {
    options_.producer->Wake();
  }
  return event;
}

}  // namespace millrace
