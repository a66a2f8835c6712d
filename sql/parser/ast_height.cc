#include "sql/parser/ast_height.h"

#include <algorithm>

#include "sql/parser/parser.h"

namespace millrace::sql {
namespace {

// The highest of all that was added.
class Tallest {
 public:
  void Add(const ExpressionPtr& child) {
    if (child) height_ = std::max(height_, child->height);
  }
  void Add(const QueryPtr& child) {
    if (child) height_ = std::max(height_, child->height);
  }
  void Add(const TableReferencePtr& child) {
    if (child) height_ = std::max(height_, child->height);
  }
  void Add(const std::vector<ExpressionPtr>& children) {
    for (const auto& child : children) Add(child);
  }
  void Add(const std::vector<OrderItem>& items) {
    for (const auto& item : items) Add(item.expression);
  }
  void Add(const WindowSpec& spec) {
    Add(spec.partition_by);
    Add(spec.order_by);
    if (!spec.frame) return;
    Add(spec.frame->start.offset);
    Add(spec.frame->end.offset);
  }
  void Add(const GroupingElement& element) {
    Add(element.columns);
    for (const auto& child : element.children) Add(child);
  }

  void operator()(const Literal&) {}
  void operator()(const IntervalLiteral&) {}
  void operator()(const ColumnReference&) {}
  void operator()(const Star&) {}
  void operator()(const Descriptor&) {}
  void operator()(const Symbol&) {}
  void operator()(const OperatorCall& node) { Add(node.operands); }
  void operator()(const IsTest& node) { Add(node.operand); }
  void operator()(const Between& node) {
    Add(node.value);
    Add(node.low);
    Add(node.high);
  }
  void operator()(const Like& node) {
    Add(node.value);
    Add(node.pattern);
    Add(node.escape);
  }
  void operator()(const In& node) {
    Add(node.value);
    Add(node.list);
    Add(node.query);
  }
  void operator()(const QuantifiedComparison& node) {
    Add(node.value);
    Add(node.list);
    Add(node.query);
  }
  void operator()(const Exists& node) { Add(node.query); }
  void operator()(const Subquery& node) { Add(node.query); }
  void operator()(const Case& node) {
    Add(node.operand);
    for (const auto& when : node.whens) {
      Add(when.condition);
      Add(when.result);
    }
    Add(node.otherwise);
  }
  void operator()(const Cast& node) { Add(node.value); }
  void operator()(const Constructor& node) { Add(node.elements); }
  void operator()(const ElementAccess& node) {
    Add(node.collection);
    Add(node.index);
  }
  void operator()(const FieldAccess& node) { Add(node.base); }
  void operator()(const FunctionCall& node) {
    for (const auto& argument : node.arguments) Add(argument.value);
    Add(node.order_by);
    Add(node.within_group);
    Add(node.filter);
    if (node.over) Add(*node.over);
    if (!node.json) return;
    Add(node.json->empty_default);
    Add(node.json->error_default);
  }
  void operator()(const TableArgument& node) {
    Add(node.table);
    Add(node.partition_by);
    Add(node.order_by);
  }

  void operator()(const NamedTable& node) { Add(node.system_time); }
  void operator()(const DerivedTable& node) { Add(node.query); }
  void operator()(const TableFunction& node) { Add(node.call); }
  void operator()(const Unnest& node) { Add(node.collections); }
  void operator()(const Join& node) {
    Add(node.left);
    Add(node.right);
    Add(node.condition);
  }
  void operator()(const MatchRecognize& node) { Add(node.input); }

  void operator()(const Select& node) {
    for (const auto& item : node.items) Add(item.expression);
    Add(node.from);
    Add(node.where);
    if (node.group_by) {
      for (const auto& element : node.group_by->elements) Add(element);
    }
    Add(node.having);
    for (const auto& window : node.windows) Add(window.spec);
    Add(node.qualify);
  }
  void operator()(const SetOperation& node) {
    for (const auto& input : node.inputs) Add(input);
  }
  void operator()(const Values& node) { Add(node.rows); }
  void operator()(const ExplicitTable&) {}
  void operator()(const NestedQuery& node) { Add(node.query); }

  int height() const { return height_; }

 private:
  int32_t height_ = 0;
};

}  // namespace

int HeightOf(const Expression::Node& node) {
  Tallest tallest;
  std::visit(tallest, node);
  return tallest.height() + 1;
}

int HeightOf(const TableReference::Node& node) {
  Tallest tallest;
  std::visit(tallest, node);
  return tallest.height() + 1;
}

int HeightOf(const Query& query) {
  Tallest tallest;
  std::visit(tallest, query.body);
  for (const auto& table : query.with) tallest.Add(table.query);
  tallest.Add(query.order_by);
  tallest.Add(query.limit);
  tallest.Add(query.offset);
  return tallest.height() + kQueryNestingCost;
}

}  // namespace millrace::sql
