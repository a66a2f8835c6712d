#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "state/change_marks.h"
#include "state/frozen_slots.h"
#include "state/snapshot.h"
#include "state/table_memory.h"

namespace millrace {

// Which values of at most 8 bytes each group has seen, a bit a DISTINCT call:
// the dense form of DistinctTable where rows are only added.
//
//   entry: | value (8) | group id (4) | calls' bits (4) |    no bits = empty
//
// Four entries a cache line, and half the memory of a table with keys in
// cells: COUNT(DISTINCT) over millions of values is bound by both. Hashes are
// computed again when the table grows. Called by one worker.
class DistinctWords {
 public:
  static constexpr int kMaxCalls = 32;

  DistinctWords(MemoryBudget* memory, std::string owner)
      : memory_budget_(memory), owner_(std::move(owner)) {}
  DistinctWords(const DistinctWords&) = delete;
  DistinctWords& operator=(const DistinctWords&) = delete;
  ~DistinctWords();

  // changed[i] = the bits of masks[i] that value words[i] did not have in
  // group groups[i]; they are set. REQUIRES: masks fit kMaxCalls bits.
  absl::Status Apply(const uint64_t* words, const uint32_t* groups,
                     const uint64_t* masks, uint32_t count, uint64_t* changed);

  struct Entry {
    uint64_t word = 0;
    uint32_t group = 0;
    uint32_t bits = 0;
  };
  // Up to `limit` entries from `*position` on, which moves. Begin at 0; fewer
  // than `limit` = that was all.
  uint32_t Scan(uint64_t* position, uint32_t limit, Entry* entries) const;

  // The same of those that have new bits since Settle; of all, where there was
  // none.
  uint32_t ScanChanged(uint64_t* position, uint32_t limit,
                       Entry* entries) const;

  // As of KeyedSlots.
  absl::Status Settle();
  absl::StatusOr<std::unique_ptr<SnapshotRest>> Freeze(
      SnapshotWriter::Extent extent,
      std::function<absl::Status(const Entry&)> write);
  bool is_frozen() const { return frozen_ != nullptr; }
  uint64_t size() const { return size_; }
  void Clear();

 private:
  class FrozenView;
  Entry* entries() const { return reinterpret_cast<Entry*>(memory_.data()); }
  uint64_t HomeOf(uint64_t word, uint32_t group) const {
    uint64_t hash = word * 0x9e3779b97f4a7c15 + group * 0xd6e8feb86659fd93;
    hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
    return hash >> shift_;
  }
  absl::Status Grow();

  MemoryBudget* memory_budget_;
  std::string owner_;
  TableMemory memory_;
  int shift_ = 64;        // 64 - log2(capacity).
  uint64_t capacity_ = 0;
  uint64_t limit_ = 0;    // Entries above which the table grows.
  uint64_t size_ = 0;
  bool is_settled_ = false;
  ChangeMarks marks_;  // On when settled and not empty.
  FrozenSlots* frozen_ = nullptr;  // While it is not all written.
};

}  // namespace millrace
