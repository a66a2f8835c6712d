#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// CREATE TABLE, CREATE VIEW, DROP TABLE and DROP VIEW from the object's word
// on; StatementParser reads what stands before it.
class DdlParser {
 public:
  explicit DdlParser(TokenCursor& cursor) : cursor_(cursor) {}

  struct Prefix {
    bool or_replace = false;
    bool temporary = false;
  };
  // TABLE or VIEW is taken.
  absl::StatusOr<Statement::Node> ParseCreateTable(Prefix prefix);
  absl::StatusOr<Statement::Node> ParseCreateView(Prefix prefix);
  absl::StatusOr<Statement::Node> ParseDrop(DropKind kind, bool temporary);

 private:
  absl::StatusOr<bool> ParseIfNotExists();
  absl::Status ParseTableClauses(CreateTable& table);
  absl::StatusOr<Distribution> ParseDistribution();
  absl::StatusOr<TableLike> ParseLike();
  absl::StatusOr<LikeOption> ParseLikeOption();

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
