#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// The inside of the functions whose arguments are parted by words:
// EXTRACT(YEAR FROM t), TRIM(BOTH 'x' FROM s)... ast_function.h says what
// their arguments become. Written with commas they parse too.
class SyntaxCallParser {
 public:
  explicit SyntaxCallParser(TokenCursor& cursor) : cursor_(cursor) {}

  // Fills `call` up to its closing parenthesis. False, nothing taken: `name`
  // (in capitals) is none of them.
  absl::StatusOr<bool> Parse(absl::string_view name, FunctionCall& call);

 private:
  absl::Status ParseExtract(FunctionCall& call);
  absl::Status ParsePosition(FunctionCall& call);
  absl::Status ParseSubstring(FunctionCall& call);
  absl::Status ParseOverlay(FunctionCall& call);
  absl::Status ParseTrim(FunctionCall& call);
  absl::Status ParseFloor(FunctionCall& call);
  absl::Status ParseTimestampCall(FunctionCall& call);
  // One more argument; `lowest` as in ExpressionParser::Parse.
  absl::Status Add(FunctionCall& call, int lowest = 0);
  absl::Status AddRest(FunctionCall& call);
  absl::Status AddUnit(FunctionCall& call);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
