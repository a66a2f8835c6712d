#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "state/table_memory.h"

namespace millrace {

// Which entries of a table have changed since its last snapshot, which of those
// the snapshot did not have, and which had changed before it since the one
// before: three bits an entry, beside the table in its order, so that a
// snapshot of changes looks at a 100th of the table's bytes.
//
// Made without a capacity, it keeps no account.
class ChangeMarks {
 public:
  ChangeMarks() = default;
  // Of `capacity` entries, a multiple of 64; none is marked.
  static absl::StatusOr<ChangeMarks> Make(uint64_t capacity,
                                          MemoryBudget* budget,
                                          absl::string_view owner);

  bool is_on() const { return memory_.data() != nullptr; }
  // Entries that have changed.
  uint64_t count() const { return count_; }

  // The bits themselves, for loops that mark, and say afterwards how many they
  // set (Count); null when off.
  uint64_t* changed() const {
    return reinterpret_cast<uint64_t*>(memory_.data());
  }
  // 1: the bit was not set; else 0.
  static uint64_t Set(uint64_t* bits, uint64_t position) {
    uint64_t& word = bits[position >> 6];
    const uint64_t before = word >> (position & 63) & 1;
    word |= uint64_t{1} << (position & 63);
    return before ^ 1;
  }
  void Count(uint64_t set) { count_ += set; }

  // An entry that was just put in, and so has changed too.
  void MarkFresh(uint64_t position) {
    count_ += Set(changed(), position);
    Set(fresh(), position);
  }
  bool IsChanged(uint64_t position) const { return Has(changed(), position); }
  bool IsFresh(uint64_t position) const { return Has(fresh(), position); }
  // Not touched since the last snapshot but one.
  bool IsCold(uint64_t position) const {
    return !IsChanged(position) && !Has(recent(), position);
  }

  // The marks of `position` become those that `from` has for `from_position`.
  void Copy(const ChangeMarks& from, uint64_t from_position,
            uint64_t position) {
    AssignChanged(position, from.IsChanged(from_position));
    Assign(fresh(), position, from.IsFresh(from_position));
    Assign(recent(), position, Has(from.recent(), from_position));
  }
  void Unmark(uint64_t position) {
    AssignChanged(position, false);
    Assign(fresh(), position, false);
    Assign(recent(), position, false);
  }
  // An entry that was put in as the snapshot has it.
  void MarkRead(uint64_t position) {
    Unmark(position);
    Set(recent(), position);
  }
  // After a snapshot: what has changed is recent.
  void UnmarkAll() {
    std::memcpy(recent(), changed(), words_ * sizeof(uint64_t));
    std::memset(changed(), 0, 2 * words_ * sizeof(uint64_t));
    count_ = 0;
  }

 private:
  uint64_t* fresh() const { return changed() + words_; }
  uint64_t* recent() const { return changed() + 2 * words_; }
  static bool Has(const uint64_t* bits, uint64_t position) {
    return (bits[position >> 6] >> (position & 63) & 1) != 0;
  }
  void AssignChanged(uint64_t position, bool value) {
    count_ += uint64_t{value} - uint64_t{IsChanged(position)};
    Assign(changed(), position, value);
  }
  static void Assign(uint64_t* bits, uint64_t position, bool value) {
    uint64_t& word = bits[position >> 6];
    const uint64_t shift = position & 63;
    word = (word & ~(uint64_t{1} << shift)) | uint64_t{value} << shift;
  }

  uint64_t words_ = 0;  // Of either kind of bits.
  uint64_t count_ = 0;
  TableMemory memory_;
};

}  // namespace millrace
