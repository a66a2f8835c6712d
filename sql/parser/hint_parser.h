#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// /*+ OPTIONS('k' = 'v'), BROADCAST(t1, t2) */
class HintParser {
 public:
  explicit HintParser(TokenCursor& cursor) : cursor_(cursor) {}

  // Empty when no hint is next.
  absl::StatusOr<std::vector<Hint>> Parse();

 private:
  absl::StatusOr<HintArgument> ParseArgument();

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
