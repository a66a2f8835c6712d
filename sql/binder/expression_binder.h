#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sql/binder/aggregate_collector.h"
#include "sql/binder/bind_context.h"
#include "sql/binder/scope.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// A window of GROUP BY TUMBLE(..) in the older style: where TUMBLE_START and
// its like find the window's columns.
struct GroupWindow {
  std::string function;  // "TUMBLE", "HOP".
  Expr time;             // What stood as first argument.
  int start = 0;         // Places of window_start, _end, _time.
  int end = 0;
  int time_column = 0;
};

// Turns expressions of the text into typed expressions over the columns of a
// scope. Every error is a SqlError at the place of what is wrong. A short-
// lived value that borrows all it is given.
class ExpressionBinder {
 public:
  struct Options {
    // Null where no aggregate may stand.
    AggregateCollector* aggregates = nullptr;
    absl::string_view clause = "this clause";  // For messages.
    const GroupWindow* group_window = nullptr;
  };

  ExpressionBinder(const BindContext& context, const Scope& scope,
                   Options options)
      : context_(&context), scope_(&scope), options_(options) {}

  absl::StatusOr<Expr> Bind(const Expression& expression);
  // SQL-0117: not a BOOLEAN.
  absl::StatusOr<Expr> BindPredicate(const Expression& expression,
                                     absl::string_view clause);
  absl::StatusOr<std::vector<Expr>> BindAll(
      const std::vector<ExpressionPtr>& expressions);

  // A call of the function library.
  absl::StatusOr<Expr> Call(absl::string_view name, std::vector<Expr> args,
                            const SourceLocation& location);

  // For an aggregate's arguments: no aggregate may stand in them.
  ExpressionBinder InsideAggregate() const;

  const BindContext& context() const { return *context_; }
  const Scope& scope() const { return *scope_; }
  AggregateCollector* aggregates() const { return options_.aggregates; }
  absl::string_view clause() const { return options_.clause; }
  const GroupWindow* group_window() const { return options_.group_window; }
  bool inside_aggregate() const { return inside_aggregate_; }

 private:
  absl::StatusOr<Expr> BindNode(const Expression& expression);
  absl::StatusOr<Expr> BindOther(const Expression& expression);

  const BindContext* context_;
  const Scope* scope_;
  Options options_;
  bool inside_aggregate_ = false;
};

// The name a column gets from its expression, "" where it has none.
std::string NameOf(const Expression& expression);

}  // namespace millrace::sql
