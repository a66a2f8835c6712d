#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/operators/aggregate_table.h"
#include "state/canonical_keys.h"
#include "state/slots_fill.h"
#include "state/snapshot.h"

namespace millrace {

// Puts the groups of a snapshot back into a table, key groups by several
// threads at once (SnapshotReader::ReadRanges).
//
// Add is thread-safe for different ranges; the rest is for the table's owner.
class AggregateFill {
 public:
  // Whether a group of this layout is its slot and nothing else.
  static bool IsFor(const AggregateLayout& layout);

  // REQUIRES: the table is empty and was never settled; IsFor its layout. It
  // outlives the fill.
  AggregateFill(AggregateTable* table, int max_parallelism)
      : table_(table), max_parallelism_(max_parallelism) {}

  // kResourceExhausted: the budget has no room for so many.
  absl::Status Begin(std::span<const SnapshotReader::Range> ranges);
  // kDataLoss: damaged bytes.
  absl::Status Add(size_t range, const EntryBatch& entries);
  // The table has all groups; the caller settles it.
  absl::Status Finish();

 private:
  struct Left {
    std::string key;
    std::string value;
  };
  struct alignas(64) Range {
    explicit Range(MemoryCharge of) : charge(std::move(of)) {}

    CanonicalKeys keys;
    std::vector<char*> slots;
    std::vector<absl::string_view> values;
    std::vector<Left> left;  // What SlotsFill does not put in.
    int64_t left_bytes = 0;
    MemoryCharge charge;  // Of those.
  };

  AggregateTable* const table_;
  const int max_parallelism_;
  std::optional<SlotsFill> fill_;
  std::vector<Range> ranges_;
};

}  // namespace millrace
