#pragma once

#include "absl/status/statusor.h"
#include "sql/catalog/catalog.h"

namespace millrace::sql {

// What CREATE TABLE ... LIKE source (...) begins with: the parts of `source`
// that its options include. Everything is included unless it is excluded.
// SQL-0143: a part that both tables define and that is not OVERWRITING.
absl::StatusOr<CatalogTable> BindLikeClause(const TableLike& like,
                                            const CreateTable& create,
                                            const Catalog& catalog);

}  // namespace millrace::sql
