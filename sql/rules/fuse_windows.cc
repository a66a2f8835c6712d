#include "sql/rules/fuse_windows.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sql/logical/expr_rewrite.h"

namespace millrace::sql {
namespace {

// The window whose start and end are both among the keys; null: none.
std::shared_ptr<const WindowShape> WindowOf(const AggregateNode& group,
                                            const Schema& input) {
  for (int start : group.keys) {
    const auto& lineage = input[start].lineage;
    if (!lineage || lineage->property != WindowProperty::kStart) continue;
    for (int end : group.keys) {
      const auto& other = input[end].lineage;
      if (other && other->window == lineage->window &&
          other->property == WindowProperty::kEnd) {
        return lineage->window;
      }
    }
  }
  return nullptr;
}

// How the aggregate's keys divide: plain ones, and properties of the window.
// `output[i]` is the place of old key i in the new node's output, the
// properties counted from `first_property`.
struct Division {
  std::vector<int> plain;
  std::vector<WindowProperty> properties;
  std::vector<int> output;
};

Division Divide(const AggregateNode& group, const Schema& input,
                const std::shared_ptr<const WindowShape>& window) {
  Division division;
  std::vector<bool> is_property(group.keys.size(), false);
  for (size_t i = 0; i < group.keys.size(); ++i) {
    const auto& lineage = input[group.keys[i]].lineage;
    is_property[i] = lineage && lineage->window == window;
    if (!is_property[i]) division.plain.push_back(group.keys[i]);
  }
  int plain = 0;
  int property =
      static_cast<int>(division.plain.size() + group.calls.size());
  for (size_t i = 0; i < group.keys.size(); ++i) {
    if (!is_property[i]) {
      division.output.push_back(plain++);
      continue;
    }
    division.output.push_back(property++);
    division.properties.push_back(
        input[group.keys[i]].lineage->property);
  }
  return division;
}

// The columns that the aggregate reads but as properties of the window.
std::set<int> ReadColumns(const AggregateNode& group,
                          const Division& division) {
  std::set<int> read(division.plain.begin(), division.plain.end());
  for (const AggregateCall& call : group.calls) {
    read.insert(call.args.begin(), call.args.end());
    if (call.filter) read.insert(*call.filter);
  }
  return read;
}

// The rows in front of the window function, with what the aggregate reads and
// the time. `time_column` is -1 for processing time.
struct Below {
  LogicalPtr node;
  std::vector<int> mapping;  // From the aggregate's input.
  int time_column = -1;
};

// Null node: something that is read needs the window's columns.
Below Descend(LogicalNode& aggregate, const std::set<int>& read,
              const std::shared_ptr<const WindowShape>& shape) {
  LogicalNode* above = &aggregate;
  const auto* project = aggregate.input().As<ProjectNode>();
  if (project != nullptr) above = &aggregate.input();
  const auto* window = above->input().As<WindowNode>();
  if (window == nullptr || window->window != shape) return {};
  LogicalNode& function = above->input();
  const int width = static_cast<int>(function.input().output.size());

  std::vector<Expr> exprs;
  std::vector<std::string> names;
  Below below;
  below.mapping.assign(aggregate.input().output.size(), -1);
  for (int column : read) {
    Expr expr = project != nullptr
                    ? project->exprs[column]
                    : Expr::Column(column, function.output[column].type);
    const std::set<int> columns = ColumnsOf(expr);
    if (!columns.empty() && *columns.rbegin() >= width) return {};
    below.mapping[column] = static_cast<int>(exprs.size());
    exprs.push_back(std::move(expr));
    names.push_back(aggregate.input().output[column].name);
  }
  if (shape->event_time) {
    const Column& time = function.input().output[window->time_column];
    below.time_column = static_cast<int>(exprs.size());
    exprs.push_back(Expr::Column(window->time_column, time.type));
    names.push_back(time.name);
  }
  if (exprs.empty()) {
    exprs.push_back(TrueLiteral());
    names.push_back("$f0");
  }
  below.node = MakeProject(std::move(function.inputs[0]), std::move(exprs),
                           std::move(names));
  return below;
}

int FindKey(const AggregateNode& group, const Schema& input,
            const WindowLineage& wanted) {
  for (int key : group.keys) {
    const auto& lineage = input[key].lineage;
    if (lineage && lineage->window == wanted.window &&
        lineage->property == wanted.property) {
      return key;
    }
  }
  return -1;
}

LogicalPtr Fuse(LogicalPtr node,
                const std::shared_ptr<const WindowShape>& shape) {
  const AggregateNode group = *node->As<AggregateNode>();
  const Schema input = node->input().output;
  const Division division = Divide(group, input, shape);

  WindowAggregateNode fused;
  fused.window = *shape;
  fused.keys = division.plain;
  fused.calls = group.calls;
  fused.properties = division.properties;
  Below below = Descend(*node, ReadColumns(group, division), shape);
  LogicalPtr source;
  if (below.node != nullptr) {
    source = std::move(below.node);
    for (int& key : fused.keys) key = below.mapping[key];
    for (AggregateCall& call : fused.calls) {
      for (int& arg : call.args) arg = below.mapping[arg];
      if (call.filter) *call.filter = below.mapping[*call.filter];
    }
    if (below.time_column >= 0) fused.window.time_column = below.time_column;
  } else {
    source = std::move(node->inputs[0]);
    fused.window.start_column =
        FindKey(group, input, {shape, WindowProperty::kStart});
    fused.window.end_column =
        FindKey(group, input, {shape, WindowProperty::kEnd});
  }

  Schema output;
  const size_t keys = group.keys.size();
  const size_t calls = group.calls.size();
  output.resize(keys + calls);
  std::vector<int> places = division.output;
  const int first_call = static_cast<int>(division.plain.size());
  for (size_t i = 0; i < calls; ++i) {
    places.push_back(first_call + static_cast<int>(i));
  }
  std::vector<Expr> exprs;
  for (size_t i = 0; i < places.size(); ++i) {
    output[places[i]] = node->output[i];
    exprs.push_back(Expr::Column(places[i], node->output[i].type));
  }
  return MakeProject(
      MakeNode(std::move(fused), std::move(source), std::move(output)),
      std::move(exprs), ColumnNames(node->output));
}

}  // namespace

LogicalPtr FuseWindows(LogicalPtr node) {
  for (LogicalPtr& input : node->inputs) input = FuseWindows(std::move(input));
  const auto* group = node->As<AggregateNode>();
  if (group == nullptr) return node;
  const auto shape = WindowOf(*group, node->input().output);
  return shape == nullptr ? std::move(node) : Fuse(std::move(node), shape);
}

}  // namespace millrace::sql
