#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// Nodes that reach from `start` to the last token taken; SQL-0004 if the tree
// would be too high.
absl::StatusOr<ExpressionPtr> Build(const TokenCursor& cursor,
                                    const SourceLocation& start,
                                    Expression::Node node);
absl::StatusOr<TableReferencePtr> Build(const TokenCursor& cursor,
                                        const SourceLocation& start,
                                        TableReference::Node node);
// Sets `location` too.
absl::StatusOr<QueryPtr> Build(const TokenCursor& cursor,
                               const SourceLocation& start, Query query);

}  // namespace millrace::sql
