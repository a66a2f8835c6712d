#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// The windows of OVER and of the WINDOW clause.
class WindowParser {
 public:
  explicit WindowParser(TokenCursor& cursor) : cursor_(cursor) {}

  // Behind OVER: a name, or a specification in parentheses.
  absl::StatusOr<WindowSpec> ParseOver();
  // ([base] [PARTITION BY ..] [ORDER BY ..] [ROWS | RANGE ..])
  absl::StatusOr<WindowSpec> ParseSpec();

 private:
  absl::StatusOr<WindowFrame> ParseFrame();
  absl::StatusOr<FrameBound> ParseBound();

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
