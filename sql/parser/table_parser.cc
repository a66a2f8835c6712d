#include "sql/parser/table_parser.h"

#include <string>
#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/call_parser.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/hint_parser.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/query_parser.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

absl::StatusOr<TableReferencePtr> TableParser::ParseFrom() {
  RETURN_IF_ERROR(cursor_.Enter(1));
  const NestingScope scope(cursor_, 1);
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(TableReferencePtr left, ParseJoins());
  while (cursor_.At(",")) {
    Join join{.kind = JoinKind::kComma,
              .operator_location = cursor_.Take().location};
    join.left = std::move(left);
    ASSIGN_OR_RETURN(join.right, ParseJoins());
    ASSIGN_OR_RETURN(left, Build(cursor_, start, std::move(join)));
  }
  return left;
}

absl::StatusOr<TableReferencePtr> TableParser::ParseArgumentTable() {
  const SourceLocation start = cursor_.Here();
  if (cursor_.Accept("(")) {
    DerivedTable table;
    ASSIGN_OR_RETURN(table.query, QueryParser(cursor_).Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", start));
    return Build(cursor_, start, std::move(table));
  }
  NamedTable table;
  ASSIGN_OR_RETURN(table.name, cursor_.TakeObjectName("a table name"));
  ASSIGN_OR_RETURN(table.hints, HintParser(cursor_).Parse());
  return Build(cursor_, start, std::move(table));
}

absl::StatusOr<TableReferencePtr> TableParser::ParseJoins() {
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(TableReferencePtr left, ParseFactor());
  while (true) {
    Join join;
    ASSIGN_OR_RETURN(const bool found, ParseJoinWords(join));
    if (!found) return left;
    join.left = std::move(left);
    ASSIGN_OR_RETURN(join.right, ParseFactor());
    if (cursor_.Accept("ON")) {
      ASSIGN_OR_RETURN(join.condition, ExpressionParser(cursor_).Parse());
    } else if (cursor_.Accept("USING")) {
      ASSIGN_OR_RETURN(join.using_columns,
                       cursor_.TakeNameList("a column name"));
    }
    ASSIGN_OR_RETURN(left, Build(cursor_, start, std::move(join)));
  }
}

// [NATURAL] [INNER | LEFT | RIGHT | FULL [OUTER] | CROSS] JOIN
absl::StatusOr<bool> TableParser::ParseJoinWords(Join& join) {
  const SourceLocation start = cursor_.Here();
  join.natural = cursor_.Accept("NATURAL");
  bool outer = true;
  if (cursor_.Accept("LEFT")) {
    join.kind = JoinKind::kLeft;
  } else if (cursor_.Accept("RIGHT")) {
    join.kind = JoinKind::kRight;
  } else if (cursor_.Accept("FULL")) {
    join.kind = JoinKind::kFull;
  } else {
    outer = false;
    const bool cross = cursor_.Accept("CROSS");
    if (cross) join.kind = JoinKind::kCross;
    const bool inner = !cross && cursor_.Accept("INNER");
    if (!cross && !inner && !join.natural && !cursor_.At("JOIN")) return false;
  }
  if (outer) cursor_.Accept("OUTER");
  RETURN_IF_ERROR(cursor_.Expect("JOIN"));
  join.operator_location = cursor_.Since(start);
  return true;
}

absl::StatusOr<TableReferencePtr> TableParser::ParseFactor() {
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(TableReferencePtr table, ParseTable());
  if (cursor_.At("MATCH_RECOGNIZE", 0)) {
    ASSIGN_OR_RETURN(table, ParseMatchRecognize(start, std::move(table)));
  }
  for (const char* word : {"TABLESAMPLE", "PIVOT", "UNPIVOT"}) {
    if (cursor_.At(word, 0)) return NotBuiltYet(cursor_.Here(), word);
  }
  const bool closed = table->As<Join>() != nullptr || table->alias;
  if (!closed) RETURN_IF_ERROR(ParseAlias(*table));
  table->location = cursor_.Since(start);
  if (cursor_.At("MATCH_RECOGNIZE", 0)) {
    ASSIGN_OR_RETURN(table, ParseMatchRecognize(start, std::move(table)));
    RETURN_IF_ERROR(ParseAlias(*table));
    table->location = cursor_.Since(start);
  }
  return table;
}

absl::Status TableParser::ParseAlias(TableReference& table) {
  if (!cursor_.Accept("AS") && !cursor_.AtName()) return absl::OkStatus();
  TableAlias alias;
  ASSIGN_OR_RETURN(alias.name, cursor_.TakeName("an alias name"));
  if (cursor_.At("(", 0)) {
    ASSIGN_OR_RETURN(alias.columns, cursor_.TakeNameList("a column name"));
  }
  table.alias = std::move(alias);
  return absl::OkStatus();
}

absl::StatusOr<TableReferencePtr> TableParser::ParseTable() {
  const SourceLocation start = cursor_.Here();
  if (cursor_.At("(", 0)) return ParseParenthesized(start);
  if (cursor_.At("LATERAL", 0)) return ParseLateral(start);
  if (cursor_.At("UNNEST", 0)) return ParseUnnest(start);
  if (cursor_.At("TABLE", 0)) return ParseFunction(start, false);
  if (!cursor_.AtName()) {
    return cursor_.Unexpected("a table name, a sub-query, LATERAL, UNNEST or "
                              "TABLE(..)");
  }
  return ParseNamed(start);
}

absl::StatusOr<TableReferencePtr> TableParser::ParseNamed(
    const SourceLocation& start) {
  ASSIGN_OR_RETURN(ObjectName name, cursor_.TakeObjectName("a table name"));
  if (cursor_.At("(", 0)) {
    TableFunction function{.wrapped = false};
    ASSIGN_OR_RETURN(function.call, CallParser(cursor_).Parse(std::move(name)));
    return Build(cursor_, start, std::move(function));
  }
  NamedTable table{.name = std::move(name)};
  ASSIGN_OR_RETURN(table.hints, HintParser(cursor_).Parse());
  if (cursor_.Accept("FOR")) {
    RETURN_IF_ERROR(cursor_.Expect("SYSTEM_TIME"));
    RETURN_IF_ERROR(cursor_.Expect("AS"));
    RETURN_IF_ERROR(cursor_.Expect("OF"));
    ASSIGN_OR_RETURN(table.system_time, ExpressionParser(cursor_).Parse());
  }
  return Build(cursor_, start, std::move(table));
}

// (query), or a join in parentheses
absl::StatusOr<TableReferencePtr> TableParser::ParseParenthesized(
    const SourceLocation& start) {
  if (!QueryParser::IsAhead(cursor_, 1)) {
    cursor_.Take();
    ASSIGN_OR_RETURN(TableReferencePtr inner, ParseFrom());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", start));
    inner->location = cursor_.Since(start);
    return inner;
  }
  cursor_.Take();
  DerivedTable table;
  ASSIGN_OR_RETURN(table.query, QueryParser(cursor_).Parse());
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", start));
  return Build(cursor_, start, std::move(table));
}

// LATERAL TABLE(f(..)), LATERAL f(..), LATERAL (query)
absl::StatusOr<TableReferencePtr> TableParser::ParseLateral(
    const SourceLocation& start) {
  cursor_.Take();
  const SourceLocation open = cursor_.Here();
  if (cursor_.Accept("(")) {
    DerivedTable table{.lateral = true};
    ASSIGN_OR_RETURN(table.query, QueryParser(cursor_).Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
    return Build(cursor_, start, std::move(table));
  }
  if (cursor_.At("TABLE")) return ParseFunction(start, true);
  TableFunction function{.lateral = true, .wrapped = false};
  ASSIGN_OR_RETURN(function.call, CallParser(cursor_).ParseTableFunction());
  return Build(cursor_, start, std::move(function));
}

// TABLE(f(..)), TABLE(f(..)) being next
absl::StatusOr<TableReferencePtr> TableParser::ParseFunction(
    const SourceLocation& start, bool lateral) {
  cursor_.Take();
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  TableFunction function{.lateral = lateral};
  ASSIGN_OR_RETURN(function.call, CallParser(cursor_).ParseTableFunction());
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(function));
}

absl::StatusOr<TableReferencePtr> TableParser::ParseUnnest(
    const SourceLocation& start) {
  cursor_.Take();
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  Unnest unnest;
  ASSIGN_OR_RETURN(unnest.collections, ExpressionParser(cursor_).ParseList());
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  unnest.with_ordinality = cursor_.Accept("WITH");
  if (unnest.with_ordinality) RETURN_IF_ERROR(cursor_.Expect("ORDINALITY"));
  return Build(cursor_, start, std::move(unnest));
}

absl::StatusOr<TableReferencePtr> TableParser::ParseMatchRecognize(
    const SourceLocation& start, TableReferencePtr input) {
  cursor_.Take();
  const SourceLocation open = cursor_.Here();
  const int inside = cursor_.DistanceBehindClosing(0) - 1;
  RETURN_IF_ERROR(cursor_.Expect("("));
  if (inside < 0) {
    while (!cursor_.AtEnd()) cursor_.Take();
    return cursor_.ExpectClosing(")", open);
  }
  const SourceLocation first = cursor_.Here();
  for (int i = 1; i < inside; ++i) cursor_.Take();
  MatchRecognize match{.input = std::move(input)};
  if (inside > 1) {
    match.text = std::string(cursor_.TextOf(cursor_.Since(first)));
  }
  cursor_.Take();
  return Build(cursor_, start, std::move(match));
}

}  // namespace millrace::sql
