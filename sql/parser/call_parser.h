#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// Function calls from their parenthesis on: arguments of every form, and what
// may follow a call (WITHIN GROUP, FILTER, OVER).
class CallParser {
 public:
  explicit CallParser(TokenCursor& cursor) : cursor_(cursor) {}

  // `name` is the last that was taken; ( is next.
  absl::StatusOr<ExpressionPtr> Parse(ObjectName name);
  // TABLE(..) in FROM holds a call and nothing behind it.
  absl::StatusOr<ExpressionPtr> ParseTableFunction();

 private:
  absl::Status ParseArguments(FunctionCall& call);
  absl::StatusOr<ExpressionPtr> ParseArgument();
  absl::StatusOr<ExpressionPtr> ParseTableArgument();
  absl::Status ParseTail(FunctionCall& call);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
