#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "runtime/batch/key_packer.h"
#include "runtime/operators/accumulator.h"
#include "runtime/operators/distinct_words.h"
#include "state/keyed_slots.h"

namespace millrace {

// Which values each group has seen, for every DISTINCT call over one column at
// once: one look-up a row, however many calls there are.
//
// Values of at most 8 bytes whose rows are only added lie in a DistinctWords;
// all others in slots by key:
//
//   key:  | group id (4) | the value's canonical bytes |
//   slot: a bit a call (rows are only added), or a counter (4) a call
//
// Group ids live with the table of the groups and are never persisted: a
// snapshot writes the group's key in their place. NULL is not a value.
class DistinctTable {
 public:
  struct Options {
    LogicalType type;
    int call_count = 0;  // At most 64.
    bool retracts = false;
    MemoryBudget* memory = nullptr;
    std::string owner;
  };
  explicit DistinctTable(Options options);

  // Values of some rows. masks[i] has a bit for each call that row i counts
  // for; none of them is NULL.
  struct Rows {
    // The values, packed as one column of the type; without hashes where
    // !needs_hashes().
    PackedKeys values;
    const uint32_t* groups = nullptr;
    const uint64_t* masks = nullptr;
  };
  bool needs_hashes() const { return !words_.has_value(); }
  // changed[i] = the calls for which row i brings a value that its group did
  // not have (kRetract: takes the last one of it away).
  absl::Status Apply(const Rows& rows, RowChange change, uint64_t* changed);

  // Adds the values of `from`, whose group g is group new_ids[g] here. Calls
  // `changed` with what is new: a batch of rows, their values as a column, the
  // calls it is new for. REQUIRES: neither retracts.
  struct Merged {
    uint32_t count = 0;
    const uint32_t* groups = nullptr;
    const Vector* values = nullptr;
    const uint64_t* changed = nullptr;
  };
  absl::Status MergeFrom(const DistinctTable& from, const uint32_t* new_ids,
                         absl::FunctionRef<void(const Merged&)> changed);

  // For snapshots: every entry as group, value bytes and slot bytes.
  struct Entry {
    uint32_t group = 0;
    absl::string_view value;
    absl::string_view slot;
  };
  void ForEach(absl::FunctionRef<void(const Entry&)> visit) const;
  // What changed since Settle (all, where there was none); and what was there
  // at Settle and is not any more, without a slot.
  void ForEachChanged(absl::FunctionRef<void(const Entry&)> visit) const;
  // What changed in `groups`, group by group and in the order of the values'
  // bytes. False, and nothing: this form has no order that is cheap.
  bool ForEachChangedIn(const std::vector<uint32_t>& groups,
                        absl::FunctionRef<void(const Entry&)> visit) const;
  void ForEachErased(absl::FunctionRef<void(const Entry&)> visit) const;
  // As of KeyedSlots.
  absl::Status Settle();
  absl::StatusOr<std::unique_ptr<SnapshotRest>> Freeze(
      SnapshotWriter::Extent extent,
      std::function<absl::Status(const Entry&)> write);
  bool is_frozen() const {
    return words_ ? words_->is_frozen() : table_.is_frozen();
  }

  // Over a store, as of KeyedSlots: which of the values (packed as for Apply)
  // only the store can tell of; one of them, as the store has it; what may go.
  void FindUnknown(const PackedKeys& values, const uint32_t* groups,
                   std::vector<uint32_t>& rows);
  // False: the bytes are damaged.
  absl::StatusOr<bool> Admit(const Entry& entry);
  uint64_t Evict(uint64_t count);
  TableFill fill() const { return words_ ? words_->fill() : table_.fill(); }
  absl::Status Reserve(uint64_t count) {
    return words_ ? words_->Reserve(count) : table_.Reserve(count);
  }
  void ShrinkTo(uint64_t capacity) {
    words_ ? words_->ShrinkTo(capacity) : table_.ShrinkTo(capacity);
  }
  void Tighten() {
    table_.Tighten([](char*, SlotHeap&, SlotHeap&) {});
  }
  // The canonical bytes of one of them, which is not NULL.
  absl::string_view BytesOf(const PackedKeys& values, uint32_t row) const {
    const KeyLayout& layout = packer_.layout();
    const char* cell = values.cells + size_t{row} * CellBytes(layout.form);
    return layout.form == KeyForm::kWord
               ? absl::string_view(cell, layout.word_bytes)
               : layout.Bytes(cell, values.hashes[row]);
  }
  // False: the bytes are damaged.
  absl::StatusOr<bool> Restore(std::span<const Entry> entries);
  // Where the values lie in one, and what it has in the place of an entry
  // (false: these are not the bytes of one); else null.
  DistinctWords* words() { return words_ ? &*words_ : nullptr; }
  bool WordOf(const Entry& entry, DistinctWords::Entry* word) const;

  uint64_t size() const { return words_ ? words_->size() : table_.size(); }
  void Clear();

 private:
  absl::Status MergeWords(const DistinctWords& from, const uint32_t* new_ids,
                          absl::FunctionRef<void(const Merged&)> changed);
  absl::StatusOr<bool> RestoreWords(std::span<const Entry> entries);
  Entry EntryOf(const DistinctWords::Entry& entry,
                const uint64_t& bits) const;
  // Of a key of table_.
  Entry EntryOf(absl::string_view key) const;
  // The entry into the slot that `put` gives; false as of Restore.
  template <typename Put>
  absl::StatusOr<bool> PutAs(const Entry& entry, Put put);
  PackedKeys Compose(const PackedKeys& values, const uint32_t* groups);
  uint64_t ApplyBits(char* slot, uint64_t mask) const;
  uint64_t ApplyCounters(char* slot, uint64_t mask, int32_t step) const;
  absl::Status EraseEmpty(const PackedKeys& keys);

  Options options_;
  KeyPacker packer_;  // Of the value alone.
  uint32_t slot_bytes_;
  std::optional<DistinctWords> words_;
  KeyedSlots table_;  // Empty where there are words_.
  std::vector<char> cells_;
  std::vector<uint64_t> hashes_;
  std::vector<std::string> long_keys_;
  std::vector<char*> slots_;
};

}  // namespace millrace
