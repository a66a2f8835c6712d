#pragma once

// The tree of a Flink SQL script: plain values, nothing resolved. Every node
// is a struct with its location, holding a std::variant of its forms: switch
// over kind() (the compiler tells which form a switch forgot), take the form
// with As<T>(). A tree is immutable once parsed, has no threads, and owns all
// it points to. Trees are moved, never copied; parse the text again (or print
// it with ToSql) for a second one.
//
// Read in this order: ast_name.h, ast_literal.h, ast_function.h,
// ast_expression.h, ast_table.h, ast_query.h, ast_ddl.h, ast_statement.h.
// ast_children.h goes over a node's children whatever it is.

#include "sql/parser/ast_statement.h"

namespace millrace::sql {

// The only places where nodes are made; `height` is worked out here.
ExpressionPtr MakeExpression(SourceLocation location, Expression::Node node);
TableReferencePtr MakeTableReference(SourceLocation location,
                                     TableReference::Node node);
QueryPtr MakeQuery(Query query);
StatementPtr MakeStatement(SourceLocation location, Statement::Node node);

}  // namespace millrace::sql
