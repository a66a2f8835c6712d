#pragma once

#include "runtime/batch/selection.h"
#include "runtime/batch/vector.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Leaves of each map the last entry of equal keys, as Flink's MAP[...] does.
// `map` was just built: its children belong to it alone. Costs a comparison of
// each pair of keys of a row, and a copy of the entries only where two are
// equal.
void DropEarlierOfEqualKeys(const LogicalType& type, const Selection& rows,
                            Vector& map);

}  // namespace millrace
