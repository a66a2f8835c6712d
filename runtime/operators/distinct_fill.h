#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/memory_charge.h"
#include "runtime/operators/aggregate_table.h"
#include "runtime/operators/distinct_words.h"
#include "state/snapshot.h"

namespace millrace {

// Puts the values of one distinct set back into a table by several threads at
// once: first they read, each some key groups, and sort what they find by the
// part of the table where it belongs; then they fill the parts.
//
// Values lie by hashes of their own, not in the order of key groups, so that
// the threads would get into each other's way otherwise (SlotsFill). What was
// read waits, 16 bytes a value, beside the table.
//
// Add and FillPart are thread-safe for different ranges and parts; the rest is
// for the table's owner.
class DistinctFill {
 public:
  static constexpr int kParts = DistinctWords::kParts;

  // Whether the set's values can be put back so: they lie in a DistinctWords,
  // which is empty.
  static bool IsFor(AggregateTable& table, int set);

  // REQUIRES: IsFor; the table has all its groups, and outlives the fill.
  DistinctFill(AggregateTable* table, int set);

  // kResourceExhausted: there is no room for so many, and for them to wait.
  absl::Status Begin(std::span<const SnapshotReader::Range> ranges);
  // Keys without a prefix. kDataLoss: damaged bytes.
  absl::Status Add(size_t range, const EntryBatch& entries);
  // Of `part` < kParts, when all was added.
  void FillPart(int part);
  // The table has all values; the caller settles it.
  absl::Status Finish();

 private:
  struct alignas(64) Range {
    explicit Range(MemoryCharge of) : charge(std::move(of)) {}

    std::string head;  // Of the last key, and its group's id.
    uint32_t group = 0;
    std::vector<DistinctWords::Entry> parts[kParts];
    int64_t bytes = 0;
    MemoryCharge charge;  // Of those.
  };
  struct alignas(64) Part {
    uint64_t size = 0;
    std::vector<DistinctWords::Entry> left;  // What did not fit.
  };

  AggregateTable* const table_;
  DistinctTable* const values_;
  DistinctWords* const words_;
  std::vector<Range> ranges_;
  std::vector<Part> parts_;
};

}  // namespace millrace
