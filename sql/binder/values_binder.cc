#include "sql/binder/values_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/coercion.h"
#include "sql/binder/expression_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

using Row = std::vector<Expr>;

absl::Status BadValues(const SourceLocation& location, std::string what,
                       std::string why = {}) {
  return SqlError({.code = "SQL-0123",
                   .location = location,
                   .what = std::move(what),
                   .why = std::move(why),
                   .fix = {}});
}

absl::StatusOr<Row> BindRow(ExpressionBinder& binder,
                            const Expression& expression) {
  const auto* row = expression.As<Constructor>();
  if (row != nullptr && row->kind == ConstructorKind::kRow) {
    return binder.BindAll(row->elements);
  }
  ASSIGN_OR_RETURN(Expr single, binder.Bind(expression));
  Row bound;
  bound.push_back(std::move(single));
  return bound;
}

absl::StatusOr<Schema> AlignRows(std::vector<Row>& rows,
                                 const SourceLocation& location) {
  Schema schema;
  for (size_t column = 0; column < rows[0].size(); ++column) {
    std::vector<Expr*> cells;
    bool nullable = false;
    for (Row& row : rows) {
      cells.push_back(&row[column]);
      nullable |= row[column].type.nullable();
    }
    if (!CastToCommonType(cells)) {
      return BadValues(location,
                       absl::StrCat("column ", column + 1,
                                    " of VALUES has no common type"));
    }
    schema.push_back({.name = absl::StrCat("EXPR$", column),
                      .type = cells[0]->type.WithNullable(nullable)});
  }
  return schema;
}

bool IsLiteralRow(const Row& row) {
  return std::all_of(row.begin(), row.end(), [](const Expr& cell) {
    return cell.kind == Expr::Kind::kLiteral;
  });
}

// Literal rows as they are; others are computed over a row each.
LogicalPtr MakeRows(std::vector<Row> rows, const Schema& schema) {
  ValuesNode literals;
  std::vector<LogicalPtr> parts;
  for (Row& row : rows) {
    if (!IsLiteralRow(row)) {
      parts.push_back(
          MakeProject(OneRow(), std::move(row), ColumnNames(schema)));
      parts.back()->output = schema;
      continue;
    }
    auto& added = literals.rows.emplace_back();
    for (Expr& cell : row) added.push_back(std::move(cell.literal));
  }
  if (!literals.rows.empty()) {
    parts.push_back(MakeNode(std::move(literals), schema));
  }
  if (parts.size() == 1) return std::move(parts[0]);
  LogicalPtr all = MakeNode(UnionNode{}, schema);
  all->inputs = std::move(parts);
  return all;
}

}  // namespace

LogicalPtr OneRow() {
  ValuesNode node;
  node.rows.push_back({Value::Int(0)});
  return MakeNode(std::move(node),
                  {{.name = "ZERO", .type = LogicalType::Integer().NotNull()}});
}

absl::StatusOr<LogicalPtr> BindValues(const BindContext& context,
                                      const Values& values,
                                      const SourceLocation& location) {
  const Scope nothing;
  ExpressionBinder binder(context, nothing, {.clause = "VALUES"});
  std::vector<Row> rows;
  for (const ExpressionPtr& expression : values.rows) {
    ASSIGN_OR_RETURN(Row row, BindRow(binder, *expression));
    if (!rows.empty() && row.size() != rows[0].size()) {
      return BadValues(expression->location,
                       absl::StrCat("a row of ", row.size(), " values"),
                       absl::StrCat("the first has ", rows[0].size()));
    }
    rows.push_back(std::move(row));
  }
  ASSIGN_OR_RETURN(const Schema schema, AlignRows(rows, location));
  return MakeRows(std::move(rows), schema);
}

}  // namespace millrace::sql
