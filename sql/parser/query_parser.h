#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// Queries: WITH, the set operations (INTERSECT binds tighter than UNION and
// EXCEPT), ORDER BY and the limits behind them. SELECT itself is
// SelectParser's.
class QueryParser {
 public:
  explicit QueryParser(TokenCursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<QueryPtr> Parse();

  // Whether a query, not an expression or a join, begins at the token
  // `ahead`, the first inside some parentheses.
  static bool IsAhead(const TokenCursor& cursor, int ahead);

 private:
  absl::StatusOr<std::vector<CommonTable>> ParseWith();
  absl::StatusOr<QueryPtr> ParseUnion();
  absl::StatusOr<QueryPtr> ParseIntersect();
  absl::StatusOr<QueryPtr> ParseTerm();
  absl::StatusOr<QueryPtr> ParseValues();
  absl::StatusOr<QueryPtr> Combine(const SourceLocation& start, QueryPtr left,
                                   QueryPtr right, SetOperationKind kind,
                                   bool all, bool left_is_chain);
  absl::Status ParseClauses(Query& query);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
