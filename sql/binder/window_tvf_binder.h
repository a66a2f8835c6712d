#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/query_binder.h"

namespace millrace::sql {

// TUMBLE, HOP and CUMULATE as table functions: by position or by name (DATA,
// TIMECOL, SIZE, SLIDE, STEP, OFFSET), over a table, a view or a query.
// SQL-0133: arguments that do not suit.
absl::StatusOr<LogicalPtr> BindWindowTvf(QueryBinder& queries,
                                         const Expression& call);

}  // namespace millrace::sql
