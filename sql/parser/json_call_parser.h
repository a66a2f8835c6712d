#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// The inside of JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT[AGG] and
// JSON_ARRAY[AGG], which SQL gives words of their own.
class JsonCallParser {
 public:
  explicit JsonCallParser(TokenCursor& cursor) : cursor_(cursor) {}

  // Fills `call` up to its closing parenthesis. False, nothing taken: `name`
  // (in capitals) is none of them.
  absl::StatusOr<bool> Parse(absl::string_view name, FunctionCall& call);

 private:
  absl::Status ParsePathCall(FunctionCall& call);
  absl::Status ParsePairs(FunctionCall& call);
  absl::Status ParseElements(FunctionCall& call);
  absl::Status ParseNulls(FunctionCall& call);
  absl::Status ParseWrapper(JsonClauses& clauses);
  absl::Status ParseBehavior(JsonClauses& clauses);
  bool AtNulls() const;
  absl::Status Add(FunctionCall& call);

  TokenCursor& cursor_;
};

}  // namespace millrace::sql
