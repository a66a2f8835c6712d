#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "runtime/batch/batch.h"
#include "runtime/batch/key_packer.h"
#include "runtime/operators/aggregate_table.h"

namespace millrace {

// Folds rows of a batch into the slots of their groups: each FILTER column is
// looked at once, then each accumulator runs over the rows that are its own.
//
// Scratch space only: one fold serves every table of an operator.
class AggregateFold {
 public:
  explicit AggregateFold(const AggregateLayout* layout);

  // Every row of `rows` into its slot of `table`. Slots stay where they are.
  absl::Status Apply(AggregateTable& table, const Batch& batch,
                     const SlotRows& rows, RowChange change);

 private:
  // The rows that a FILTER lets pass, and for each row whether it does.
  struct Filtered {
    std::vector<uint8_t> passes;
    std::vector<char*> slots;
    std::vector<uint32_t> rows;
    uint32_t count = 0;
  };

  void Filter(const Vector& condition, const SlotRows& rows, Filtered& out);
  SlotRows RowsOf(const Filtered& filtered, const SlotRows& rows) const;
  absl::Status ApplyDistinct(AggregateTable& table, int set,
                             const Batch& batch, const SlotRows& rows,
                             RowChange change);
  // masks_[i] = the calls of the set that row i counts for.
  void MaskRows(const AggregateLayout::DistinctSet& set, const Vector& column,
                const SlotRows& rows);

  const AggregateLayout* layout_;
  std::vector<Filtered> filtered_;
  std::vector<KeyPacker> packers_;  // One a distinct set.
  std::vector<uint64_t> masks_;
  std::vector<uint64_t> changed_;
  std::vector<uint32_t> groups_;
  std::vector<uint32_t> rows_;
  std::vector<char*> slots_;
  std::vector<uint32_t> call_rows_;
  std::vector<char*> call_slots_;
};

}  // namespace millrace
