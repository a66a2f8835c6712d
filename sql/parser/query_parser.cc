#include "sql/parser/query_parser.h"

#include <algorithm>
#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/parser.h"
#include "sql/parser/select_parser.h"

namespace millrace::sql {
namespace {

bool HasClauses(const Query& query) {
  return !query.with.empty() || !query.order_by.empty() || query.limit ||
         query.offset;
}

// Words that go on with a query behind a query in parentheses.
bool ContinuesQuery(absl::string_view match) {
  return match == "UNION" || match == "EXCEPT" || match == "INTERSECT" ||
         match == "MINUS" || match == "ORDER" || match == "LIMIT" ||
         match == "OFFSET" || match == "FETCH";
}

}  // namespace

bool QueryParser::IsAhead(const TokenCursor& cursor, int ahead) {
  // Down the parentheses: a query in parentheses is all there is, or a query
  // goes on behind it; anything else makes it an operand or a table.
  while (cursor.At("(", ahead)) {
    const int behind = cursor.DistanceBehindClosing(ahead);
    const absl::string_view next = cursor.Peek(behind).match;
    if (behind > 0 && next != ")" && !ContinuesQuery(next)) return false;
    ++ahead;
  }
  const absl::string_view word = cursor.Peek(ahead).match;
  return word == "SELECT" || word == "WITH" || word == "VALUES" ||
         (word == "TABLE" && !cursor.At("(", ahead + 1));
}

absl::StatusOr<QueryPtr> QueryParser::Parse() {
  RETURN_IF_ERROR(cursor_.Enter(kQueryNestingCost));
  const NestingScope scope(cursor_, kQueryNestingCost);
  const SourceLocation start = cursor_.Here();
  std::vector<CommonTable> with;
  if (cursor_.At("WITH", 0)) {
    ASSIGN_OR_RETURN(with, ParseWith());
  }
  ASSIGN_OR_RETURN(QueryPtr query, ParseUnion());
  const absl::string_view next = cursor_.Peek().match;
  const bool more = !with.empty() || next == "ORDER" || next == "LIMIT" ||
                    next == "OFFSET" || next == "FETCH";
  for (const char* word : {"ORDER", "LIMIT", "OFFSET", "FETCH"}) {
    cursor_.At(word);
  }
  if (!more) return query;
  Query outer;
  if (HasClauses(*query)) {
    outer.body = NestedQuery{.query = std::move(query)};
  } else {
    outer.body = std::move(query->body);
  }
  outer.with = std::move(with);
  RETURN_IF_ERROR(ParseClauses(outer));
  return Build(cursor_, start, std::move(outer));
}

// WITH a AS (query), b (x, y) AS (query)
absl::StatusOr<std::vector<CommonTable>> QueryParser::ParseWith() {
  cursor_.Take();
  std::vector<CommonTable> tables;
  do {
    CommonTable table;
    ASSIGN_OR_RETURN(table.name, cursor_.TakeName("a table name"));
    if (cursor_.At("(")) {
      ASSIGN_OR_RETURN(table.columns, cursor_.TakeNameList("a column name"));
    }
    RETURN_IF_ERROR(cursor_.Expect("AS"));
    const SourceLocation open = cursor_.Here();
    RETURN_IF_ERROR(cursor_.Expect("("));
    ASSIGN_OR_RETURN(table.query, Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
    tables.push_back(std::move(table));
  } while (cursor_.Accept(","));
  return tables;
}

absl::Status QueryParser::ParseClauses(Query& query) {
  ExpressionParser expressions(cursor_);
  if (cursor_.Accept("ORDER")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(query.order_by, expressions.ParseOrderItems());
  }
  if (cursor_.Accept("LIMIT")) {
    if (!cursor_.Accept("ALL")) {
      ASSIGN_OR_RETURN(query.limit, expressions.Parse());
    }
  }
  if (cursor_.Accept("OFFSET")) {
    ASSIGN_OR_RETURN(query.offset, expressions.Parse());
    if (!cursor_.Accept("ROWS")) cursor_.Accept("ROW");
  }
  if (!query.limit && cursor_.Accept("FETCH")) {
    if (!cursor_.Accept("FIRST")) RETURN_IF_ERROR(cursor_.Expect("NEXT"));
    ASSIGN_OR_RETURN(query.limit, expressions.Parse());
    if (!cursor_.Accept("ROWS")) RETURN_IF_ERROR(cursor_.Expect("ROW"));
    RETURN_IF_ERROR(cursor_.Expect("ONLY"));
  }
  return absl::OkStatus();
}

absl::StatusOr<QueryPtr> QueryParser::Combine(const SourceLocation& start,
                                              QueryPtr left, QueryPtr right,
                                              SetOperationKind kind, bool all,
                                              bool left_is_chain) {
  if (left_is_chain) {
    auto& chain = std::get<SetOperation>(left->body);
    if (chain.kind == kind && chain.all == all) {
      left->height = std::max(left->height, right->height + kQueryNestingCost);
      RETURN_IF_ERROR(cursor_.CheckHeight(left->height, start));
      chain.inputs.push_back(std::move(right));
      left->location = cursor_.Since(start);
      return left;
    }
  }
  SetOperation operation{.kind = kind, .all = all};
  operation.inputs.push_back(std::move(left));
  operation.inputs.push_back(std::move(right));
  return Build(cursor_, start, Query{.body = std::move(operation)});
}

absl::StatusOr<QueryPtr> QueryParser::ParseUnion() {
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(QueryPtr left, ParseIntersect());
  bool chain = false;
  while (cursor_.At("UNION") || cursor_.At("EXCEPT") ||
         cursor_.At("MINUS", 0)) {
    const auto kind = cursor_.Take().match == "UNION"
                          ? SetOperationKind::kUnion
                          : SetOperationKind::kExcept;
    const bool all = cursor_.Accept("ALL");
    if (!all) cursor_.Accept("DISTINCT");
    ASSIGN_OR_RETURN(QueryPtr right, ParseIntersect());
    ASSIGN_OR_RETURN(left, Combine(start, std::move(left), std::move(right),
                                   kind, all, chain));
    chain = true;
  }
  return left;
}

absl::StatusOr<QueryPtr> QueryParser::ParseIntersect() {
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(QueryPtr left, ParseTerm());
  bool chain = false;
  while (cursor_.Accept("INTERSECT")) {
    const bool all = cursor_.Accept("ALL");
    if (!all) cursor_.Accept("DISTINCT");
    ASSIGN_OR_RETURN(QueryPtr right, ParseTerm());
    ASSIGN_OR_RETURN(left,
                     Combine(start, std::move(left), std::move(right),
                             SetOperationKind::kIntersect, all, chain));
    chain = true;
  }
  return left;
}

absl::StatusOr<QueryPtr> QueryParser::ParseTerm() {
  const SourceLocation start = cursor_.Here();
  if (cursor_.At("SELECT", 0)) return SelectParser(cursor_).Parse();
  if (cursor_.At("VALUES", 0)) return ParseValues();
  if (cursor_.Accept("(")) {
    ASSIGN_OR_RETURN(QueryPtr query, Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", start));
    query->location = cursor_.Since(start);
    return query;
  }
  if (cursor_.Accept("TABLE")) {
    ExplicitTable table;
    ASSIGN_OR_RETURN(table.name, cursor_.TakeObjectName("a table name"));
    return Build(cursor_, start, Query{.body = std::move(table)});
  }
  return cursor_.Unexpected("a query: SELECT, VALUES, TABLE or `(`");
}

// VALUES (1, 'a'), ROW(2, 'b'), 3
absl::StatusOr<QueryPtr> QueryParser::ParseValues() {
  const SourceLocation start = cursor_.Take().location;
  Values values;
  ASSIGN_OR_RETURN(values.rows, ExpressionParser(cursor_).ParseList());
  return Build(cursor_, start, Query{.body = std::move(values)});
}

}  // namespace millrace::sql
