#include "sql/parser/ast.h"

#include "sql/parser/ast_children.h"

namespace millrace::sql {

void AstDeleter::operator()(Expression* node) const { delete node; }
void AstDeleter::operator()(TableReference* node) const { delete node; }
void AstDeleter::operator()(Query* node) const { delete node; }
void AstDeleter::operator()(Statement* node) const { delete node; }

ExpressionPtr MakeExpression(SourceLocation location, Expression::Node node) {
  const int height = HeightOf(node);
  return ExpressionPtr(new Expression{
      .node = std::move(node), .location = location, .height = height});
}

TableReferencePtr MakeTableReference(SourceLocation location,
                                     TableReference::Node node) {
  const int height = HeightOf(node);
  return TableReferencePtr(new TableReference{
      .node = std::move(node), .location = location, .height = height});
}

QueryPtr MakeQuery(Query query) {
  query.height = HeightOf(query);
  return QueryPtr(new Query(std::move(query)));
}

StatementPtr MakeStatement(SourceLocation location, Statement::Node node) {
  return StatementPtr(
      new Statement{.node = std::move(node), .location = location});
}

}  // namespace millrace::sql
