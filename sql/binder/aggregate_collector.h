#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/expr/expression.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// An aggregate call with its arguments over the rows to be grouped.
struct BoundAggregate {
  std::string function;
  std::vector<Expr> args;
  bool distinct = false;
  std::optional<Expr> filter;
  LogicalType result;

  friend bool operator==(const BoundAggregate&,
                         const BoundAggregate&) = default;
};

// The aggregate calls met while the expressions of one SELECT are bound. A
// call stands in the expression as a reference to column `first_column + i`,
// behind all columns of the input, until the aggregate's own output is known.
class AggregateCollector {
 public:
  AggregateCollector(int first_column, bool grouped)
      : first_column_(first_column), grouped_(grouped) {}

  // Equal calls are computed once.
  Expr Add(BoundAggregate call);

  // False for GROUP BY of nothing: SUM of no rows is NULL.
  bool grouped() const { return grouped_; }
  int first_column() const { return first_column_; }
  const std::vector<BoundAggregate>& calls() const { return calls_; }

 private:
  int first_column_;
  bool grouped_;
  std::vector<BoundAggregate> calls_;
};

// Whether a function of this name (upper case) aggregates, built or not.
bool IsAggregateFunction(absl::string_view name);

class ExpressionBinder;

// COUNT(*), SUM(DISTINCT x) FILTER (WHERE y)... SQL-0120 where no aggregate
// may stand.
absl::StatusOr<Expr> BindAggregate(ExpressionBinder& binder,
                                   absl::string_view name,
                                   const FunctionCall& call,
                                   const SourceLocation& location);

}  // namespace millrace::sql
