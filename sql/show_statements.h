#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/statement_result.h"

namespace millrace::sql {

// SHOW TABLES, VIEWS, FUNCTIONS, COLUMNS, CREATE TABLE, CREATE VIEW, CATALOGS,
// DATABASES and their CURRENT, with LIKE and ILIKE; Flink's column names.
absl::StatusOr<ResultTable> BindShow(const Show& show,
                                     const SourceLocation& location,
                                     const BindContext& context);

// name, type, null, key, extras, watermark.
absl::StatusOr<ResultTable> BindDescribe(const Describe& describe,
                                         const BindContext& context);

}  // namespace millrace::sql
