#pragma once

#include <vector>

#include "sql/parser/ast.h"
#include "sql/writer/sql_text.h"

namespace millrace::sql {

// Expressions as text; calls by name are CallWriter's.
class ExpressionWriter {
 public:
  explicit ExpressionWriter(SqlText& out) : out_(out) {}

  // In parentheses if the expression binds looser than `lowest`.
  void Write(const Expression& expression, int lowest = 0);
  void WriteList(const std::vector<ExpressionPtr>& list);
  void WriteOrderItems(const std::vector<OrderItem>& items);
  // A row's fields in bare parentheses, as VALUES has them.
  void WriteRow(const Expression& row);

  void operator()(const Literal& node);
  void operator()(const IntervalLiteral& node);
  void operator()(const ColumnReference& node);
  void operator()(const Star& node);
  void operator()(const OperatorCall& node);
  void operator()(const IsTest& node);
  void operator()(const Between& node);
  void operator()(const Like& node);
  void operator()(const In& node);
  void operator()(const QuantifiedComparison& node);
  void operator()(const Exists& node);
  void operator()(const Subquery& node);
  void operator()(const Case& node);
  void operator()(const Cast& node);
  void operator()(const Constructor& node);
  void operator()(const ElementAccess& node);
  void operator()(const FieldAccess& node);
  void operator()(const Descriptor& node);
  void operator()(const Symbol& node);
  void operator()(const FunctionCall& node);
  void operator()(const TableArgument& node);

 private:
  void WritePrefix(const OperatorCall& node);
  void WriteQuery(const Query& query);

  SqlText& out_;
};

}  // namespace millrace::sql
