#include "sql/binder/grouping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// The projection in front of an aggregate: each expression once.
class InputColumns {
 public:
  explicit InputColumns(const Schema& input) : input_(input) {}

  int Add(const Expr& expr, const std::string& name = "") {
    const auto found = std::find(exprs_.begin(), exprs_.end(), expr);
    const int place = static_cast<int>(found - exprs_.begin());
    if (found != exprs_.end()) return place;
    const bool plain = expr.kind == Expr::Kind::kColumn;
    names_.push_back(plain           ? input_[expr.column].name
                     : !name.empty() ? name
                                     : absl::StrCat("$f", place));
    exprs_.push_back(expr);
    return place;
  }
  LogicalPtr Project(LogicalPtr input) {
    // COUNT(*) of nothing but rows still needs a column to count.
    if (exprs_.empty()) Add(TrueLiteral());
    return MakeProject(std::move(input), std::move(exprs_),
                       std::move(names_));
  }

 private:
  const Schema& input_;
  std::vector<Expr> exprs_;
  std::vector<std::string> names_;
};

// What SELECT calls this, `otherwise` where it has no name for it.
std::string NameIn(const std::vector<SelectedColumn>& columns,
                   const Expr& expr, std::string otherwise) {
  for (const SelectedColumn& column : columns) {
    const bool made_up = column.name.rfind("EXPR$", 0) == 0;
    if (column.expr == expr && !made_up) return column.name;
  }
  return otherwise;
}

AggregateCall CallOf(const BoundAggregate& bound, InputColumns& columns) {
  AggregateCall call;
  call.function = bound.function;
  for (const Expr& arg : bound.args) {
    call.args.push_back(columns.Add(arg));
    call.arg_types.push_back(arg.type);
  }
  call.distinct = bound.distinct;
  if (bound.filter) call.filter = columns.Add(*bound.filter);
  call.result = bound.result;
  return call;
}

// Rewrites what was bound over the ungrouped rows to the aggregate's output.
class Regrouped {
 public:
  Regrouped(const Groups& groups, const Schema& input)
      : groups_(groups), input_(input) {}

  // nullopt where an ungrouped column is left; `missing_` says which.
  std::optional<Expr> Rewrite(const Expr& expr) {
    for (size_t i = 0; i < groups_.keys.size(); ++i) {
      if (groups_.keys[i] == expr) {
        return Expr::Column(static_cast<int32_t>(i), expr.type);
      }
    }
    if (expr.kind == Expr::Kind::kColumn) {
      if (expr.column >= groups_.first_call) {
        return Expr::Column(
            static_cast<int32_t>(groups_.keys.size()) + expr.column -
                groups_.first_call,
            expr.type);
      }
      missing_ = input_[expr.column].name;
      return std::nullopt;
    }
    Expr copy = expr;
    for (Expr& arg : copy.args) {
      auto done = Rewrite(arg);
      if (!done) return std::nullopt;
      arg = *std::move(done);
    }
    return copy;
  }

  absl::StatusOr<Expr> RewriteOrFail(const SelectedColumn& column) {
    if (auto done = Rewrite(column.expr)) return *std::move(done);
    return SqlError(
        {.code = "SQL-0124",
         .location = column.location,
         .what = absl::StrCat("column `", missing_,
                              "` is neither grouped nor aggregated"),
         .why = "a group of rows has many values of it",
         .fix = absl::StrCat("Add it to GROUP BY, or take MAX(`", missing_,
                             "`).")});
  }

 private:
  const Groups& groups_;
  const Schema& input_;
  std::string missing_;
};

}  // namespace

absl::StatusOr<LogicalPtr> Group(LogicalPtr input, Groups groups,
                                 std::vector<SelectedColumn> columns,
                                 std::optional<SelectedColumn> having) {
  Regrouped regrouped(groups, input->output);
  std::vector<Expr> exprs;
  std::vector<std::string> names;
  for (const SelectedColumn& column : columns) {
    ASSIGN_OR_RETURN(Expr expr, regrouped.RewriteOrFail(column));
    exprs.push_back(std::move(expr));
    names.push_back(column.name);
  }
  std::optional<Expr> condition;
  if (having) {
    ASSIGN_OR_RETURN(condition, regrouped.RewriteOrFail(*having));
  }

  AggregateNode node;
  const Schema ungrouped = input->output;
  InputColumns before(ungrouped);
  for (const Expr& key : groups.keys) {
    node.keys.push_back(before.Add(key, NameIn(columns, key, "")));
  }
  for (const BoundAggregate& call : groups.calls) {
    node.calls.push_back(CallOf(call, before));
  }
  LogicalPtr grouped = before.Project(std::move(input));
  Schema output;
  for (int key : node.keys) output.push_back(grouped->output[key]);
  for (size_t i = 0; i < node.calls.size(); ++i) {
    const LogicalType& type = node.calls[i].result;
    const Expr call =
        Expr::Column(groups.first_call + static_cast<int32_t>(i), type);
    output.push_back({.name = NameIn(columns, call, absl::StrCat("agg$", i)),
                      .type = type});
  }
  grouped = MakeNode(std::move(node), std::move(grouped), std::move(output));
  if (condition) grouped = MakeFilter(std::move(grouped), *condition);
  return MakeProject(std::move(grouped), std::move(exprs), std::move(names));
}

}  // namespace millrace::sql
