#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "sql/parser/operator_table.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// Expressions by precedence climbing (operator_table.h has the numbers):
// prefix operators and operands first, then as many operators as bind at
// least as tightly as asked for.
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenCursor& cursor) : cursor_(cursor) {}

  // Stops at the first operator that binds looser than `lowest`.
  absl::StatusOr<ExpressionPtr> Parse(int lowest = kAnyPrecedence);
  // a, b, c: one at least.
  absl::StatusOr<std::vector<ExpressionPtr>> ParseList();
  // ASC and DESC items of an ORDER BY whose words are taken.
  absl::StatusOr<std::vector<OrderItem>> ParseOrderItems();

 private:
  absl::StatusOr<ExpressionPtr> ParsePrefix();
  // Takes the operator that is next and its right side; null, and `left`
  // untouched: none that binds tightly enough is there.
  absl::StatusOr<ExpressionPtr> ParseOperator(const SourceLocation& start,
                                              ExpressionPtr& left,
                                              bool left_is_chain, int lowest);
  absl::StatusOr<ExpressionPtr> ParseQuantified(const SourceLocation& start,
                                                ExpressionPtr left,
                                                Operator op);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
