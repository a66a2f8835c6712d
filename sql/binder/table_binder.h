#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"

namespace millrace::sql {

// CREATE TABLE as an entry of the catalog: computed columns and the watermark
// are bound, keys and partitions checked, LIKE merged in. The connector and
// its options are asked for only when the table is used, as in Flink: a table
// without a connector may serve LIKE. Errors: SQL-014x at their place.
absl::StatusOr<std::shared_ptr<const CatalogTable>> BindCreateTable(
    const CreateTable& create, const BindContext& context);

}  // namespace millrace::sql
