#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// What stands in FROM: tables, sub-queries, table functions, UNNEST,
// MATCH_RECOGNIZE, and the joins of them.
class TableParser {
 public:
  explicit TableParser(TokenCursor& cursor) : cursor_(cursor) {}

  // a, b JOIN c ON ..: joins bind tighter than commas.
  absl::StatusOr<TableReferencePtr> ParseFrom();
  // Behind TABLE in a function's arguments: a name, or (query).
  absl::StatusOr<TableReferencePtr> ParseArgumentTable();

 private:
  absl::StatusOr<TableReferencePtr> ParseJoins();
  // The words of a join, JOIN taken. False: none is next.
  absl::StatusOr<bool> ParseJoinWords(Join& join);
  absl::StatusOr<TableReferencePtr> ParseFactor();
  absl::StatusOr<TableReferencePtr> ParseTable();
  absl::StatusOr<TableReferencePtr> ParseNamed(const SourceLocation& start);
  absl::StatusOr<TableReferencePtr> ParseParenthesized(
      const SourceLocation& start);
  absl::StatusOr<TableReferencePtr> ParseLateral(const SourceLocation& start);
  absl::StatusOr<TableReferencePtr> ParseUnnest(const SourceLocation& start);
  absl::StatusOr<TableReferencePtr> ParseFunction(const SourceLocation& start,
                                                  bool lateral);
  absl::StatusOr<TableReferencePtr> ParseMatchRecognize(
      const SourceLocation& start, TableReferencePtr input);
  absl::Status ParseAlias(TableReference& table);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
