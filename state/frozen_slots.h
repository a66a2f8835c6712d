#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "state/frozen_table.h"
#include "state/slot_bits.h"
#include "state/snapshot.h"

namespace millrace {

// What of a table with open addressing a barrier froze: some of its entries, as
// they were then, written a slice at a time while the table is used again.
//
// Invariant: an entry that is pending has not been handed out, erased or moved
// out of its table since the barrier, and so is what it was; every other entry
// of the snapshot is written. It is kept by the table, which says of each
// entry that it hands out or takes away (Leave), puts in (Forget) and moves.
// Those are the very places where it keeps account of changes (ChangeMarks).
//
// Made by the table, owned by the SnapshotWriter. A table that is cleared or
// destroyed writes what is pending first.
class FrozenSlots final : public SnapshotRest {
 public:
  // The entries at the positions in `pending`; empty positions do not count.
  FrozenSlots(std::unique_ptr<FrozenTable> table, SlotBits pending)
      : table_(std::move(table)), pending_(std::move(pending)) {}

  absl::StatusOr<uint32_t> WriteOn(uint32_t limit) override;

  // The table's calls. The entry at `position` is about to change or to go.
  void Leave(uint64_t position);
  // The entry at `position` is new.
  void Forget(uint64_t position) { pending_.Set(position, false); }
  // The entry at `from` is now at `to`.
  void Move(uint64_t from, uint64_t to);
  // The table has other positions from now on: those of the entries that are
  // pending in `pending`. Returns those that it had.
  SlotBits Exchange(SlotBits pending);
  bool IsPending(uint64_t position) const { return pending_.Has(position); }
  // The table goes away.
  void Finish();

 private:
  // Up to `limit` of them, fetched; fewer: there are no more.
  uint32_t NextPending(uint32_t limit, uint64_t* positions) const;
  void WriteEntry(uint64_t position);

  std::unique_ptr<FrozenTable> table_;  // Null when nothing is pending.
  SlotBits pending_;
  uint64_t next_ = 0;    // Nothing below it is pending.
  absl::Status status_;  // Of what was written for the table.
};

}  // namespace millrace
