#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// ('key' = 'value', 'key2' = 'value2') behind WITH, and SET's one pair.
class OptionParser {
 public:
  explicit OptionParser(TokenCursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<std::vector<OptionDefinition>> ParseList();
  // 'key' = 'value', or bare words up to the `;`: SET a.b.c = 10s.
  absl::StatusOr<OptionDefinition> ParseSetting();
  // RESET's 'key' or a.b.c.
  absl::StatusOr<std::string> ParseKey();

 private:
  absl::StatusOr<OptionDefinition> ParsePair();

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
