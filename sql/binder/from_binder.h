#pragma once

#include "absl/status/statusor.h"
#include "sql/binder/query_binder.h"

namespace millrace::sql {

// What stands in FROM: tables, views, WITH tables, sub-queries, window table
// functions. Joins and the rest are not built yet.
class FromBinder {
 public:
  explicit FromBinder(QueryBinder& queries) : queries_(&queries) {}

  absl::StatusOr<BoundTable> Bind(const TableReference& reference);
  absl::StatusOr<BoundTable> BindNamed(const ObjectName& name,
                                       const std::vector<Hint>& hints);

 private:
  absl::StatusOr<BoundTable> BindNode(const TableReference& reference);
  absl::StatusOr<BoundTable> BindView(const Catalog::ViewPtr& view,
                                      const SourceLocation& location);
  absl::StatusOr<BoundTable> BindCommon(const CommonTable& table,
                                        size_t depth);
  absl::StatusOr<BoundTable> BindFunction(const TableFunction& function);

  QueryBinder* queries_;
};

// A table as its DDL says: what is read, then computed columns in their
// places, then the watermark.
LogicalPtr ScanOf(std::shared_ptr<const CatalogTable> table,
                  const SourceLocation& location);

}  // namespace millrace::sql
