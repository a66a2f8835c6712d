#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sql/binder/bind_context.h"
#include "sql/binder/scope.h"
#include "sql/logical/logical_node.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// A bound table of FROM: its rows, and the names they go by.
struct BoundTable {
  LogicalPtr node;
  Scope scope;
};

// Turns queries into bound trees. What is not built yet is refused by name,
// all else that is wrong with its place. One binder serves one text; views
// are bound by binders of their own.
class QueryBinder {
 public:
  // Views inside views deeper than this are refused: a view can be made to
  // contain itself by replacing what it reads.
  static constexpr int kMaxViewDepth = 64;

  explicit QueryBinder(const BindContext& context, int view_depth = 0)
      : context_(&context), view_depth_(view_depth) {}

  absl::StatusOr<LogicalPtr> Bind(const Query& query);
  absl::StatusOr<BoundTable> BindTable(const TableReference& reference);

  const BindContext& context() const { return *context_; }

 private:
  friend class FromBinder;

  struct Visible {
    const CommonTable* table;
    size_t depth;  // How many entries its own query sees.
  };

  absl::StatusOr<LogicalPtr> BindBody(const Query& query);
  absl::StatusOr<LogicalPtr> BindSetOperation(const SetOperation& operation,
                                              const SourceLocation& location);
  absl::Status CheckClauses(const Query& query);

  const BindContext* context_;
  int view_depth_;
  // Of the outermost view, in the text that people see.
  std::optional<SourceLocation> view_location_;
  std::vector<Visible> common_tables_;
};

// Gives the columns these names; SQL-0119 when their number differs.
absl::Status RenameColumns(Schema& schema, const std::vector<Name>& names,
                           const SourceLocation& location);

}  // namespace millrace::sql
