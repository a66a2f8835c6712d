#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// Flink SQL text to trees: a recursive-descent parser of the whole language
// of reference Flink 2.x. It reads more than Millrace runs; the binder says of
// each production whether it is built. Pure functions, no state, safe from
// any thread.
//
// Every error is a SqlError (sql_error.h) with the place of the first token
// that cannot stand where it stands; show it with WithSnippet(status, text).
// Locations in trees and errors count from the start of `text`.

// Walking a tree by recursion is safe: a tree higher than this is refused, and
// so is text whose levels cost more than this while it is parsed. One operator
// in front of another costs 1; parentheses, a call, a CASE cost 4, for they
// take as much more stack to parse; a query 10. Long lists and chains of AND,
// OR or one set operation are flat and cost nothing.
inline constexpr int kMaxNesting = 1000;
inline constexpr int kOperandNestingCost = 3;  // Besides the expression's 1.
inline constexpr int kQueryNestingCost = 10;

// All statements of a script, `;` between them; the last `;` may be missing.
// Empty statements are dropped: an empty or all-comment text gives none.
absl::StatusOr<std::vector<StatementPtr>> ParseScript(absl::string_view text);

// Exactly one, with or without a `;` behind it.
absl::StatusOr<StatementPtr> ParseStatement(absl::string_view text);
absl::StatusOr<QueryPtr> ParseQuery(absl::string_view text);
absl::StatusOr<ExpressionPtr> ParseExpression(absl::string_view text);
// "BIGINT NOT NULL", "ROW<a INT, b STRING>"; Unimplemented for types that
// LogicalType does not have.
absl::StatusOr<LogicalType> ParseDataType(absl::string_view text);

// The places of a script's statements without parsing them: for a shell that
// runs one after the other. A statement set is one statement up to its END.
// Fails where the text does not even fall into tokens.
absl::StatusOr<std::vector<SourceLocation>> SplitScript(
    absl::string_view text);

}  // namespace millrace::sql
