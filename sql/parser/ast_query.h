#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql/parser/ast_expression.h"
#include "sql/parser/ast_table.h"

namespace millrace::sql {

struct SelectItem {
  ExpressionPtr expression;
  std::optional<Name> alias;
};

enum class GroupingKind : uint8_t { kColumns, kRollup, kCube, kGroupingSets };

// kColumns: a, or (a, b), or (); the others hold elements in `children`.
struct GroupingElement {
  GroupingKind kind = GroupingKind::kColumns;
  std::vector<ExpressionPtr> columns;
  bool parenthesized = false;
  std::vector<GroupingElement> children;
  SourceLocation location;
};

struct GroupBy {
  SetQuantifier quantifier = SetQuantifier::kNone;
  std::vector<GroupingElement> elements;
};

struct NamedWindow {
  Name name;
  WindowSpec spec;
};

struct Select {
  SetQuantifier quantifier = SetQuantifier::kNone;
  std::vector<Hint> hints;
  std::vector<SelectItem> items;
  TableReferencePtr from;  // null when there is no FROM
  ExpressionPtr where;     // null when absent
  std::optional<GroupBy> group_by;
  ExpressionPtr having;    // null when absent
  std::vector<NamedWindow> windows;
  ExpressionPtr qualify;   // null when absent
};

enum class SetOperationKind : uint8_t { kUnion, kExcept, kIntersect };

// Two or more inputs, taken from left to right: (a EXCEPT b) EXCEPT c.
struct SetOperation {
  SetOperationKind kind = SetOperationKind::kUnion;
  bool all = false;
  std::vector<QueryPtr> inputs;
};

// Each row a Constructor of kRow, or an expression where the row has one
// column and no parentheses.
struct Values {
  std::vector<ExpressionPtr> rows;
};

// TABLE t as a query.
struct ExplicitTable {
  ObjectName name;
};

// A query in parentheses that has clauses of its own.
struct NestedQuery {
  QueryPtr query;
};

struct CommonTable {
  Name name;
  std::vector<Name> columns;
  QueryPtr query;
};

// In the order of Query::body's alternatives.
enum class QueryKind : uint8_t {
  kSelect, kSetOperation, kValues, kExplicitTable, kNested,
};

struct Query {
  using Body =
      std::variant<Select, SetOperation, Values, ExplicitTable, NestedQuery>;

  std::vector<CommonTable> with;
  Body body;
  std::vector<OrderItem> order_by;
  ExpressionPtr limit;   // null when absent or ALL; also FETCH NEXT n ROWS
  ExpressionPtr offset;  // null when absent
  SourceLocation location;
  int32_t height = 1;  // As Expression::height.

  QueryKind kind() const { return static_cast<QueryKind>(body.index()); }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&body);
  }
};

}  // namespace millrace::sql
