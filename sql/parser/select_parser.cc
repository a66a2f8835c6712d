#include "sql/parser/select_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/hint_parser.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/table_parser.h"
#include "sql/parser/window_parser.h"

namespace millrace::sql {

absl::StatusOr<QueryPtr> SelectParser::Parse() {
  const SourceLocation start = cursor_.Take().location;
  Select select;
  ASSIGN_OR_RETURN(select.hints, HintParser(cursor_).Parse());
  if (cursor_.Accept("DISTINCT")) {
    select.quantifier = SetQuantifier::kDistinct;
  } else if (cursor_.Accept("ALL")) {
    select.quantifier = SetQuantifier::kAll;
  }
  RETURN_IF_ERROR(ParseItems(select));
  ExpressionParser expressions(cursor_);
  if (cursor_.Accept("FROM")) {
    ASSIGN_OR_RETURN(select.from, TableParser(cursor_).ParseFrom());
  }
  if (cursor_.Accept("WHERE")) {
    ASSIGN_OR_RETURN(select.where, expressions.Parse());
  }
  if (cursor_.Accept("GROUP")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(select.group_by, ParseGroupBy());
  }
  if (cursor_.Accept("HAVING")) {
    ASSIGN_OR_RETURN(select.having, expressions.Parse());
  }
  if (cursor_.Accept("WINDOW")) RETURN_IF_ERROR(ParseWindows(select));
  if (cursor_.Accept("QUALIFY")) {
    ASSIGN_OR_RETURN(select.qualify, expressions.Parse());
  }
  return Build(cursor_, start, Query{.body = std::move(select)});
}

absl::Status SelectParser::ParseItems(Select& select) {
  do {
    ASSIGN_OR_RETURN(SelectItem item, ParseItem());
    select.items.push_back(std::move(item));
  } while (cursor_.Accept(","));
  return absl::OkStatus();
}

absl::StatusOr<SelectItem> SelectParser::ParseItem() {
  const SourceLocation start = cursor_.Here();
  SelectItem item;
  if (cursor_.At("*", 0)) {
    cursor_.Take();
    ASSIGN_OR_RETURN(item.expression, Build(cursor_, start, Star{}));
    return item;
  }
  ASSIGN_OR_RETURN(item.expression, ExpressionParser(cursor_).Parse());
  if (cursor_.Accept("AS") || cursor_.AtName()) {
    ASSIGN_OR_RETURN(item.alias, cursor_.TakeName("a column name"));
  }
  return item;
}

absl::StatusOr<GroupBy> SelectParser::ParseGroupBy() {
  GroupBy group_by;
  if (cursor_.Accept("DISTINCT")) {
    group_by.quantifier = SetQuantifier::kDistinct;
  } else if (cursor_.Accept("ALL")) {
    group_by.quantifier = SetQuantifier::kAll;
  }
  do {
    ASSIGN_OR_RETURN(GroupingElement element, ParseGroupingElement());
    group_by.elements.push_back(std::move(element));
  } while (cursor_.Accept(","));
  return group_by;
}

absl::StatusOr<GroupingElement> SelectParser::ParseGroupingElement() {
  RETURN_IF_ERROR(cursor_.Enter(1));
  const NestingScope scope(cursor_, 1);
  const SourceLocation start = cursor_.Here();
  GroupingElement element;
  const bool sets = cursor_.At("GROUPING", 0) && cursor_.At("SETS", 1);
  const bool rollup = cursor_.At("ROLLUP", 0) && cursor_.At("(", 1);
  const bool cube = cursor_.At("CUBE", 0) && cursor_.At("(", 1);
  if (sets || rollup || cube) {
    element.kind = sets     ? GroupingKind::kGroupingSets
                   : rollup ? GroupingKind::kRollup
                            : GroupingKind::kCube;
    cursor_.Take();
    if (sets) cursor_.Take();
    const SourceLocation open = cursor_.Here();
    RETURN_IF_ERROR(cursor_.Expect("("));
    do {
      ASSIGN_OR_RETURN(GroupingElement child, ParseGroupingElement());
      element.children.push_back(std::move(child));
    } while (cursor_.Accept(","));
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  } else if (cursor_.At("(", 0) && cursor_.At(")", 1)) {
    cursor_.Take();
    cursor_.Take();
    element.parenthesized = true;
  } else {
    ASSIGN_OR_RETURN(ExpressionPtr key, ExpressionParser(cursor_).Parse());
    // (a, b) came as a row.
    auto* row = std::get_if<Constructor>(&key->node);
    if (row && row->kind == ConstructorKind::kRow) {
      element.columns = std::move(row->elements);
      element.parenthesized = true;
    } else {
      element.columns.push_back(std::move(key));
    }
  }
  element.location = cursor_.Since(start);
  return element;
}

absl::Status SelectParser::ParseWindows(Select& select) {
  do {
    NamedWindow window;
    ASSIGN_OR_RETURN(window.name, cursor_.TakeName("the name of a window"));
    RETURN_IF_ERROR(cursor_.Expect("AS"));
    ASSIGN_OR_RETURN(window.spec, WindowParser(cursor_).ParseSpec());
    select.windows.push_back(std::move(window));
  } while (cursor_.Accept(","));
  return absl::OkStatus();
}

}  // namespace millrace::sql
