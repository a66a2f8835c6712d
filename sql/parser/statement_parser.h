#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// One statement, up to its `;` or the end (neither is taken).
class StatementParser {
 public:
  explicit StatementParser(TokenCursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<StatementPtr> Parse();
  // Over all tokens of the statement that is next.
  void Skip();

 private:
  absl::StatusOr<Statement::Node> ParseNode();
  absl::StatusOr<Statement::Node> ParseCreate();
  absl::StatusOr<Statement::Node> ParseDrop();
  absl::StatusOr<Statement::Node> ParseInsert();
  absl::Status ParseInsertTarget(Insert& insert);
  absl::StatusOr<Statement::Node> ParseQuery();
  absl::StatusOr<Statement::Node> ParseExecute();
  absl::StatusOr<Statement::Node> ParseStatementSet();
  absl::StatusOr<Statement::Node> ParseExplain();
  // Takes the words if the next statement is one that only has a name here.
  bool AcceptUnsupported(UnsupportedStatement& statement);
  bool AtQuery() const;

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
