#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/logical/bound_insert.h"

namespace millrace::sql {

// INSERT INTO table [PARTITION (..)] [(columns)] query: the query's columns,
// by position, cast to the sink's as Flink does. Columns that are not listed
// are NULL. Errors: SQL-0150 numbers of columns, SQL-0151 types, SQL-0152
// names.
absl::StatusOr<BoundInsert> BindInsert(const Insert& insert,
                                       const BindContext& context);

// A query whose rows go to the terminal.
absl::StatusOr<BoundInsert> BindTopQuery(const Query& query,
                                         const SourceLocation& location,
                                         const BindContext& context);

}  // namespace millrace::sql
