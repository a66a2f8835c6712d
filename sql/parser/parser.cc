#include "sql/parser/parser.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/query_parser.h"
#include "sql/parser/sql_error.h"
#include "sql/parser/statement_parser.h"
#include "sql/parser/token_cursor.h"
#include "sql/parser/type_parser.h"

namespace millrace::sql {
namespace {

absl::Status ExpectEnd(TokenCursor& cursor) {
  if (cursor.AtEnd()) return absl::OkStatus();
  return cursor.Unexpected("the end of the text");
}

// Between two statements of a script.
absl::Status ExpectSeparator(TokenCursor& cursor) {
  if (cursor.AtEnd()) return absl::OkStatus();
  return cursor.Expect(";");
}

void SkipSeparators(TokenCursor& cursor) {
  while (cursor.At(";", 0)) cursor.Take();
}

}  // namespace

absl::StatusOr<std::vector<StatementPtr>> ParseScript(absl::string_view text) {
  ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens), text);
  std::vector<StatementPtr> statements;
  while (true) {
    SkipSeparators(cursor);
    if (cursor.AtEnd()) return statements;
    ASSIGN_OR_RETURN(StatementPtr statement, StatementParser(cursor).Parse());
    RETURN_IF_ERROR(ExpectSeparator(cursor));
    statements.push_back(std::move(statement));
  }
}

absl::StatusOr<StatementPtr> ParseStatement(absl::string_view text) {
  ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens), text);
  ASSIGN_OR_RETURN(StatementPtr statement, StatementParser(cursor).Parse());
  RETURN_IF_ERROR(ExpectSeparator(cursor));
  SkipSeparators(cursor);
  RETURN_IF_ERROR(ExpectEnd(cursor));
  return statement;
}

absl::StatusOr<QueryPtr> ParseQuery(absl::string_view text) {
  ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens), text);
  ASSIGN_OR_RETURN(QueryPtr query, QueryParser(cursor).Parse());
  RETURN_IF_ERROR(ExpectEnd(cursor));
  return query;
}

absl::StatusOr<ExpressionPtr> ParseExpression(absl::string_view text) {
  ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens), text);
  ASSIGN_OR_RETURN(ExpressionPtr expression, ExpressionParser(cursor).Parse());
  RETURN_IF_ERROR(ExpectEnd(cursor));
  return expression;
}

absl::StatusOr<LogicalType> ParseDataType(absl::string_view text) {
  ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens), text);
  ASSIGN_OR_RETURN(TypeName name, TypeParser(cursor).Parse());
  RETURN_IF_ERROR(ExpectEnd(cursor));
  if (!name.unsupported.empty()) {
    return NotBuiltYet(name.location,
                       absl::StrCat("type ", name.unsupported));
  }
  return std::move(name.type);
}

absl::StatusOr<std::vector<SourceLocation>> SplitScript(
    absl::string_view text) {
  ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens), text);
  std::vector<SourceLocation> statements;
  while (true) {
    SkipSeparators(cursor);
    if (cursor.AtEnd()) return statements;
    const SourceLocation start = cursor.Here();
    StatementParser(cursor).Skip();
    statements.push_back(cursor.Since(start));
  }
}

}  // namespace millrace::sql
