#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "runtime/batch/key_packer.h"
#include "runtime/operators/aggregate_table.h"

namespace millrace {

// The GROUP BY columns of an aggregate, which may be none: finds the slots of
// a batch's rows, and makes key columns of slots again.
class GroupKeys {
 public:
  // `columns` of an input row of the types `input`.
  GroupKeys(std::vector<int32_t> columns,
            const std::vector<LogicalType>& input);

  const std::vector<LogicalType>& types() const { return types_; }
  std::optional<KeyLayout> layout() const;

  // The slot of each of `rows`, made where there is none. `inserted` (may be
  // null) is as of KeyedSlots::FindOrInsert. The result holds until the next
  // call, and until the table changes.
  absl::StatusOr<SlotRows> Locate(AggregateTable& table, const Batch& batch,
                                  Selection rows, uint8_t* inserted);

  // The keys of some rows, as they are located; without keys, the one of all
  // rows. Valid as of KeyPacker::Pack.
  PackedKeys Pack(const Batch& batch, Selection rows);

  // One column a key, from slots of `table`.
  std::vector<VectorRef> Columns(const AggregateTable& table,
                                 const char* const* slots, uint32_t count);

 private:
  std::vector<int32_t> columns_;
  std::vector<LogicalType> types_;
  std::optional<KeyPacker> packer_;  // None without keys.
  std::vector<VectorRef> vectors_;
  std::vector<char*> slots_;
  std::vector<const char*> cells_;
  std::vector<uint64_t> hashes_;
};

}  // namespace millrace
