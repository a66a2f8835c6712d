#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// The operands of expressions: literals, names, calls, CASE, CAST,
// constructors, whatever stands in parentheses; each with the [i] and .field
// that follow it.
class PrimaryParser {
 public:
  explicit PrimaryParser(TokenCursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<ExpressionPtr> Parse();

 private:
  absl::StatusOr<ExpressionPtr> ParseOperand();
  absl::StatusOr<ExpressionPtr> ParseKeyword(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseLiteral(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseInterval(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseParenthesized(
      const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseCase(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseCast(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseExists(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseRow(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseCollection(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseName(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseBareFunction(const SourceLocation& start);
  absl::StatusOr<ExpressionPtr> ParseDescriptor(const SourceLocation& start);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
