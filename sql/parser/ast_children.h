#pragma once

#include "absl/functional/function_ref.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// Every expression right below `node`, in the order of the text; not what
// stands inside its sub-queries and table arguments. For looking for
// something (an aggregate, a column) at any depth.
void ForEachChild(const Expression& node,
                  absl::FunctionRef<void(const Expression&)> visit);

// One more than the highest child's; children must have theirs.
int HeightOf(const Expression::Node& node);
int HeightOf(const TableReference::Node& node);
int HeightOf(const Query& query);

}  // namespace millrace::sql
