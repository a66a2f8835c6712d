#include "sql/parser/node_builder.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace::sql {

absl::StatusOr<ExpressionPtr> Build(const TokenCursor& cursor,
                                    const SourceLocation& start,
                                    Expression::Node node) {
  ExpressionPtr built = MakeExpression(cursor.Since(start), std::move(node));
  RETURN_IF_ERROR(cursor.CheckHeight(built->height, start));
  return built;
}

absl::StatusOr<TableReferencePtr> Build(const TokenCursor& cursor,
                                        const SourceLocation& start,
                                        TableReference::Node node) {
  TableReferencePtr built =
      MakeTableReference(cursor.Since(start), std::move(node));
  RETURN_IF_ERROR(cursor.CheckHeight(built->height, start));
  return built;
}

absl::StatusOr<QueryPtr> Build(const TokenCursor& cursor,
                               const SourceLocation& start, Query query) {
  query.location = cursor.Since(start);
  QueryPtr built = MakeQuery(std::move(query));
  RETURN_IF_ERROR(cursor.CheckHeight(built->height, start));
  return built;
}

}  // namespace millrace::sql
