#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// Statements about the session and the catalog: SET, RESET, SHOW, DESCRIBE,
// USE. The first word is taken.
class InfoParser {
 public:
  explicit InfoParser(TokenCursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<Statement::Node> ParseSet();
  absl::StatusOr<Statement::Node> ParseReset();
  absl::StatusOr<Statement::Node> ParseShow();
  absl::StatusOr<Statement::Node> ParseDescribe();
  absl::StatusOr<Statement::Node> ParseUse();

 private:
  absl::StatusOr<ShowKind> ParseShowKind();
  absl::StatusOr<std::optional<ShowFilter>> ParseShowFilter();

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
