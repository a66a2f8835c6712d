#pragma once

#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/operators/aggregate_table.h"
#include "state/snapshot.h"

namespace millrace {

// Freezes a table as it is at the barrier, all of it or what changed since it
// was settled (KeyedSlots::Freeze), and settles it: its entries go to `writer`
// as rests, those of the groups to state 0, those of distinct set s to state
// 1 + s, with `prefix` before their keys. What was erased is not its matter.
//
// Values know their group by its id, and ids are given anew as time goes on. So
// a group is written before any of its values, and leaves its key for them:
// a value that is about to change belongs to a group that was just located, and
// the rest of the values stands behind that of the groups.
//
// REQUIRES: writer.TakesRest(), nothing of the table is frozen, and the states
// were begun. The table's layout outlives the rests.
absl::Status FreezeTable(AggregateTable& table, absl::string_view prefix,
                         int max_parallelism, SnapshotWriter& writer);

}  // namespace millrace
