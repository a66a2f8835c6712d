#include "sql/binder/query_binder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"
#include "sql/binder/coercion.h"
#include "sql/binder/from_binder.h"
#include "sql/binder/select_binder.h"
#include "sql/binder/values_binder.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::Status CannotUnite(const SourceLocation& location, size_t column,
                         std::span<const LogicalType> types) {
  std::string list;
  for (const LogicalType& type : types) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", type.ToString());
  }
  return SqlError({.code = "SQL-0121",
                   .location = location,
                   .what = absl::StrCat("column ", column + 1,
                                        " of UNION has no common type"),
                   .why = absl::StrCat("it is ", list),
                   .fix = "CAST the column in one of the queries."});
}

// Casts the columns of all inputs to their common types.
absl::StatusOr<Schema> Align(std::vector<LogicalPtr>& inputs,
                             const SourceLocation& location) {
  Schema output = inputs[0]->output;
  std::vector<std::vector<Expr>> exprs(inputs.size());
  for (size_t column = 0; column < output.size(); ++column) {
    std::vector<LogicalType> types;
    for (const LogicalPtr& input : inputs) {
      types.push_back(input->output[column].type);
    }
    const auto common = CommonTypeOf(types);
    if (!common) return CannotUnite(location, column, types);
    output[column].type = *common;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Column& mine = inputs[i]->output[column];
      exprs[i].push_back(CastTo(
          Expr::Column(static_cast<int32_t>(column), mine.type), *common));
      if (mine.time != output[column].time) {
        output[column].time = TimeAttribute::kNone;
      }
      if (i > 0) output[column].lineage.reset();
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (IsIdentity(exprs[i], output.size())) continue;
    std::vector<std::string> names = ColumnNames(inputs[i]->output);
    inputs[i] = MakeProject(std::move(inputs[i]), std::move(exprs[i]),
                            std::move(names));
  }
  return output;
}

}  // namespace

absl::Status RenameColumns(Schema& schema, const std::vector<Name>& names,
                           const SourceLocation& location) {
  if (names.empty()) return absl::OkStatus();
  if (names.size() != schema.size()) {
    return SqlError({.code = "SQL-0119",
                     .location = location,
                     .what = absl::StrCat(names.size(), " names for ",
                                          schema.size(), " columns"),
                     .why = {},
                     .fix = {}});
  }
  for (size_t i = 0; i < names.size(); ++i) schema[i].name = names[i].text;
  return absl::OkStatus();
}

absl::Status QueryBinder::CheckClauses(const Query& query) {
  if (query.limit != nullptr || query.offset != nullptr) {
    const Expression& at = query.limit ? *query.limit : *query.offset;
    return NotBuiltYet(at.location,
                       query.limit != nullptr ? "LIMIT" : "OFFSET");
  }
  if (query.order_by.empty()) return absl::OkStatus();
  return NotBuiltYet(query.order_by[0].expression->location, "ORDER BY",
                     "Rows of a stream have no last one to sort behind.");
}

absl::StatusOr<LogicalPtr> QueryBinder::Bind(const Query& query) {
  const size_t outer = common_tables_.size();
  for (const CommonTable& table : query.with) {
    common_tables_.push_back({&table, common_tables_.size()});
  }
  RETURN_IF_ERROR(CheckClauses(query));
  auto bound = BindBody(query);
  common_tables_.resize(outer);
  return bound;
}

absl::StatusOr<LogicalPtr> QueryBinder::BindBody(const Query& query) {
  switch (query.kind()) {
    case QueryKind::kSelect:
      return BindSelect(*this, *query.As<Select>());
    case QueryKind::kSetOperation:
      return BindSetOperation(*query.As<SetOperation>(), query.location);
    case QueryKind::kValues:
      return BindValues(*context_, *query.As<Values>(), query.location);
    case QueryKind::kExplicitTable: {
      ASSIGN_OR_RETURN(
          BoundTable table,
          FromBinder(*this).BindNamed(query.As<ExplicitTable>()->name, {}));
      return std::move(table.node);
    }
    case QueryKind::kNested:
      return Bind(*query.As<NestedQuery>()->query);
  }
  return absl::InternalError("query of an unknown kind");
}

absl::StatusOr<LogicalPtr> QueryBinder::BindSetOperation(
    const SetOperation& operation, const SourceLocation& location) {
  if (operation.kind != SetOperationKind::kUnion) {
    return NotBuiltYet(location,
                       operation.kind == SetOperationKind::kExcept
                           ? "EXCEPT"
                           : "INTERSECT");
  }
  std::vector<LogicalPtr> inputs;
  for (const QueryPtr& query : operation.inputs) {
    ASSIGN_OR_RETURN(LogicalPtr input, Bind(*query));
    if (!inputs.empty() &&
        input->output.size() != inputs[0]->output.size()) {
      return SqlError({.code = "SQL-0121",
                       .location = query->location,
                       .what = absl::StrCat(
                           "UNION of ", inputs[0]->output.size(), " and ",
                           input->output.size(), " columns"),
                       .why = "every query of a UNION gives as many",
                       .fix = {}});
    }
    inputs.push_back(std::move(input));
  }
  ASSIGN_OR_RETURN(Schema output, Align(inputs, location));
  LogicalPtr all = MakeNode(UnionNode{}, std::move(output));
  all->inputs = std::move(inputs);
  return operation.all ? std::move(all) : MakeDistinct(std::move(all));
}

absl::StatusOr<BoundTable> QueryBinder::BindTable(
    const TableReference& reference) {
  return FromBinder(*this).Bind(reference);
}

}  // namespace millrace::sql
