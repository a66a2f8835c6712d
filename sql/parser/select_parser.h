#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// SELECT up to its WINDOW or QUALIFY clause.
class SelectParser {
 public:
  explicit SelectParser(TokenCursor& cursor) : cursor_(cursor) {}

  // REQUIRES: SELECT is next.
  absl::StatusOr<QueryPtr> Parse();

 private:
  absl::Status ParseItems(Select& select);
  absl::StatusOr<SelectItem> ParseItem();
  absl::StatusOr<GroupBy> ParseGroupBy();
  absl::StatusOr<GroupingElement> ParseGroupingElement();
  absl::Status ParseWindows(Select& select);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
