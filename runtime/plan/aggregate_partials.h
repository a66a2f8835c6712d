#pragma once

#include <vector>

#include "runtime/plan/operator_spec.h"

namespace millrace {

// An aggregate that is cut in two around an exchange (AggregatePhase).
//
// kLocal puts out, per batch and key: the keys, then each call's partials in
// order, then, for a window aggregate, the end of the slice that the rows fell
// into (TIMESTAMP(3) NOT NULL, local time where the window's is). It keeps no
// state between batches.
//
// kGlobal is given the same calls with `args` and `arg_types` naming those
// partial columns and no filter; its WindowSpec has `end_column`, the slice's
// end, and is otherwise the query's window. DISTINCT calls, sums of so many
// digits that one batch's may overflow, and retracting inputs are not cut: they
// stay kSingle.

// The partials of one call: COUNT -> BIGINT NOT NULL; SUM, MIN, MAX -> the
// result, NULL where nothing was counted; AVG -> the sum (BIGINT, DOUBLE or
// DECIMAL(38, s)) and a BIGINT NOT NULL count.
std::vector<LogicalType> PartialTypes(const AggregateCall& call);

// Whether every call of an aggregate may be cut.
bool MayBeCut(const std::vector<AggregateCall>& calls);

}  // namespace millrace
