#include "sql/parser/ast_children.h"

#include <algorithm>

#include "sql/parser/parser.h"

namespace millrace::sql {
namespace {

// Hands every node right below another to one of three visitors.
class Children {
 public:
  struct Visitors {
    absl::FunctionRef<void(const Expression&)> expression;
    absl::FunctionRef<void(const Query&)> query;
    absl::FunctionRef<void(const TableReference&)> table;
  };
  explicit Children(const Visitors& visitors) : visitors_(visitors) {}

  void Add(const ExpressionPtr& child) {
    if (child) visitors_.expression(*child);
  }
  void Add(const QueryPtr& child) {
    if (child) visitors_.query(*child);
  }
  void Add(const TableReferencePtr& child) {
    if (child) visitors_.table(*child);
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
      Add(when.alternatives);
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

  void operator()(const Query& query) {
    for (const auto& table : query.with) Add(table.query);
    std::visit(*this, query.body);
    Add(query.order_by);
    Add(query.limit);
    Add(query.offset);
  }

 private:
  const Visitors& visitors_;
};

// Of what `visit` hands to the Children it is given.
int Tallest(absl::FunctionRef<void(Children&)> visit) {
  int tallest = 0;
  const auto compare = [&tallest](const auto& child) {
    tallest = std::max(tallest, child.height);
  };
  const Children::Visitors visitors{compare, compare, compare};
  Children children(visitors);
  visit(children);
  return tallest;
}

}  // namespace

void ForEachChild(const Expression& node,
                  absl::FunctionRef<void(const Expression&)> visit) {
  const auto pass = [](const auto&) {};
  const Children::Visitors visitors{visit, pass, pass};
  Children children(visitors);
  std::visit(children, node.node);
}

int HeightOf(const Expression::Node& node) {
  return 1 + Tallest([&](Children& all) { std::visit(all, node); });
}

int HeightOf(const TableReference::Node& node) {
  return 1 + Tallest([&](Children& all) { std::visit(all, node); });
}

int HeightOf(const Query& query) {
  return kQueryNestingCost + Tallest([&](Children& all) { all(query); });
}

}  // namespace millrace::sql
