#pragma once

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/operators/aggregate_snapshot.h"
#include "runtime/operators/aggregate_table.h"
#include "runtime/operators/operator.h"
#include "state/snapshot.h"

namespace millrace {

// Puts back what SnapshotTables wrote. `table_of` gives the table of a prefix,
// making it when it is new. The caller settles the tables.
//
// One table without a prefix is filled by several threads where the reader has
// them: its groups (AggregateFill), and its distinct values (DistinctFill).
absl::Status RestoreTables(
    size_t prefix_bytes, const AggregateLayout& layout,
    const AggregateSchema& schema, const OperatorContext& context,
    absl::FunctionRef<AggregateTable&(absl::string_view prefix)> table_of,
    SnapshotReader& reader);

}  // namespace millrace
