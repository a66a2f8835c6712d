#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/operators/aggregate_table.h"
#include "runtime/operators/operator.h"

namespace millrace {

// How the tables of an aggregate leave and come back (version 1):
//
//   state 0 "groups"        key: | prefix | the group's key |
//                           value: AggregateLayout::Encode
//   state 1 + s "distinct"  key: as value_key.h has it
//                           value: a bit or a counter (4) a call
//
// The prefix, of the same length in every entry, tells the tables apart: a
// slice's end, or nothing.
struct PrefixedTable {
  std::string prefix;
  AggregateTable* table;
};

// What the bytes mean: the types of keys and calls, as a snapshot's schema.
struct AggregateSchema {
  std::string key_type;
  std::string value_type;

  // The states of an aggregate: its groups, then its distinct sets.
  std::vector<StateSchema> States(const AggregateLayout& layout) const;

  // The same for an aggregate as a whole and for the global half of a cut one:
  // which it is depends on the parallelism.
  static AggregateSchema Of(std::span<const LogicalType> keys,
                            std::span<const AggregateCall> calls,
                            AggregatePhase phase);
};

// Writes the tables, or of each what changed since it was settled, and settles
// them. `dropped` are prefixes whose tables are gone, or made anew, since an
// earlier snapshot had some of them.
absl::Status SnapshotTables(std::span<const PrefixedTable> tables,
                            std::span<const std::string> dropped,
                            const AggregateLayout& layout,
                            const AggregateSchema& schema,
                            const OperatorContext& context,
                            SnapshotWriter& writer);

// A slice's end as a prefix: big endian, so that prefixes sort as times do.
std::string TimePrefix(int64_t time_ms);
int64_t TimeOfPrefix(absl::string_view prefix);

}  // namespace millrace
