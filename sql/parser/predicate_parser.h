#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// What follows a value and makes a condition of it: IS .., [NOT] IN, LIKE,
// SIMILAR TO, BETWEEN.
class PredicateParser {
 public:
  explicit PredicateParser(TokenCursor& cursor) : cursor_(cursor) {}

  // The predicate over `left`, which began at `start`. Null, and `left`
  // untouched: none follows that binds at least as tightly as `lowest`.
  absl::StatusOr<ExpressionPtr> Parse(const SourceLocation& start,
                                      ExpressionPtr& left, int lowest);

 private:
  absl::StatusOr<ExpressionPtr> ParseIs(const SourceLocation& start,
                                        ExpressionPtr& left, int lowest);
  absl::StatusOr<TruthTest> ParseTest();
  absl::StatusOr<ExpressionPtr> ParseIn(const SourceLocation& start,
                                        ExpressionPtr left, bool negated);
  absl::StatusOr<ExpressionPtr> ParseLike(const SourceLocation& start,
                                          ExpressionPtr left, bool negated);
  absl::StatusOr<ExpressionPtr> ParseBetween(const SourceLocation& start,
                                             ExpressionPtr left, bool negated);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
