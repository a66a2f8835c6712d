#pragma once

#include <cstdint>
#include <vector>


namespace millrace::bench {

// Counts by 8-byte key: open addressing, linear probing, grows at half full.
class SliceCounts {
 public:
  SliceCounts() : slots_(1024) {}

  void Add(int64_t key, int64_t count) {
    if (used_ * 2 >= slots_.size()) Grow();
    Slot& slot = Find(key);
    used_ += slot.count == 0;
    slot.key = key;
    slot.count += count;
  }

  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.count != 0) visit(slot.key, slot.count);
    }
  }

 private:
  struct Slot {
    int64_t key = 0;
    int64_t count = 0;
  };

  Slot& Find(int64_t key) {
    size_t at = static_cast<uint64_t>(key) * 0x9e3779b97f4a7c15ull >> 32;
    for (;; ++at) {
      Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.count == 0 || slot.key == key) return slot;
    }
  }

  void Grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.count != 0) Find(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace millrace::bench
