#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/query_binder.h"

namespace millrace::sql {

// SELECT .. FROM .. WHERE .. GROUP BY .. HAVING.
absl::StatusOr<LogicalPtr> BindSelect(QueryBinder& queries,
                                      const Select& select);

// Each different row once.
LogicalPtr MakeDistinct(LogicalPtr input);

}  // namespace millrace::sql
