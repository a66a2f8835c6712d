#pragma once

#include "sql/parser/ast.h"

namespace millrace::sql {

// One more than the highest child's; children must have theirs.
int HeightOf(const Expression::Node& node);
int HeightOf(const TableReference::Node& node);
int HeightOf(const Query& query);

}  // namespace millrace::sql
