#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "state/frozen_slots.h"
#include "state/slot_bits.h"
#include "state/snapshot.h"
#include "state/table_fill.h"
#include "state/table_memory.h"

namespace millrace {

// Which values of at most 8 bytes each group has seen, a bit a DISTINCT call:
// the dense form of DistinctTable where rows are only added.
//
//   entry: | value (8) | group id (4) | calls' bits (31), looked up (1) |
//          no bits = empty
//
// Four entries a cache line, and half the memory of a table with keys in
// cells: COUNT(DISTINCT) over millions of values is bound by both. Hashes are
// computed again when the table grows. Beside it lies a bit an entry: whether
// it has changed since Settle. Called by one worker.
class DistinctWords {
 public:
  static constexpr int kMaxCalls = 31;

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

  // Over a store that has what was settled. REQUIRES of these: settled.
  //
  // The places of those values that are not here, appended.
  void FindUnknown(const uint64_t* words, const uint32_t* groups,
                   uint32_t count, std::vector<uint32_t>& rows) const;
  // An entry that comes from the store, and so counts as settled.
  absl::Status Admit(const Entry& entry);
  // Takes up to `count` entries out that have not changed, first those that
  // were not looked up since the last one went round. Returns how many.
  uint64_t Evict(uint64_t count);
  // A table that was made large enough is filled by several threads at once
  // (DistinctFill), which have its places in parts: the one where an entry's
  // home is. FillPart is thread-safe for different parts, of which one has
  // `size` entries yet; REQUIRES: each of `entries` is of the part, and new.
  // Returns how many it took; the others are appended to `left`.
  static constexpr int kParts = 16;
  int PartOf(const Entry& entry) const {
    return static_cast<int>(HomeOf(entry.word, entry.group) /
                            (capacity_ / kParts));
  }
  uint64_t FillPart(int part, uint64_t size, std::span<const Entry> entries,
                    std::vector<Entry>& left);
  void NoteFilled(uint64_t count) { size_ += count; }
  // How far entries lie from their homes: what a look-up costs.
  double MeanDistance() const;
  // As of KeyedSlots.
  absl::Status Reserve(uint64_t count);
  TableFill fill() const;
  void ShrinkTo(uint64_t capacity);

 private:
  static constexpr uint32_t kLookedUp = uint32_t{1} << kMaxCalls;

  class FrozenView;
  Entry* entries() const { return reinterpret_cast<Entry*>(memory_.data()); }
  uint64_t HomeOf(uint64_t word, uint32_t group) const {
    uint64_t hash = word * 0x9e3779b97f4a7c15 + group * 0xd6e8feb86659fd93;
    hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
    return hash >> shift_;
  }
  // Where the entry is, or the empty place where it would be.
  uint64_t PlaceOf(uint64_t word, uint32_t group) const;
  void MarkChanged(uint64_t position);
  void RemoveAt(uint64_t position);
  absl::Status Grow();
  absl::Status MoveTo(uint64_t capacity);

  MemoryBudget* memory_budget_;
  std::string owner_;
  TableMemory memory_;
  int shift_ = 64;        // 64 - log2(capacity).
  uint64_t capacity_ = 0;
  uint64_t limit_ = 0;    // Entries above which the table grows.
  uint64_t size_ = 0;
  bool is_settled_ = false;
  FrozenSlots* frozen_ = nullptr;  // While it is not all written.
  SlotBits changed_;  // When settled and not empty.
  SlotBits spare_;    // None is set.
  uint64_t changed_count_ = 0;
  uint64_t hand_ = 0;  // Where the next Evict begins.
};

}  // namespace millrace
