#include "sql/rules/prune_columns.h"

#include <set>
#include <utility>

#include "sql/logical/expr_rewrite.h"

namespace millrace::sql {
namespace {

// A node that gives at least the wanted columns, and where each old column
// lies in it now (-1: gone).
struct Pruned {
  LogicalPtr node;
  std::vector<int> mapping;
};

Pruned Prune(LogicalPtr node, std::set<int> wanted);

std::vector<int> Identity(size_t width) {
  std::vector<int> mapping(width);
  for (size_t i = 0; i < width; ++i) mapping[i] = static_cast<int>(i);
  return mapping;
}

// The output columns in `kept`, in order, and their mapping.
std::vector<int> Keep(LogicalNode& node, const std::set<int>& kept) {
  std::vector<int> mapping(node.output.size(), -1);
  Schema output;
  for (int column : kept) {
    mapping[column] = static_cast<int>(output.size());
    output.push_back(std::move(node.output[column]));
  }
  node.output = std::move(output);
  return mapping;
}

void MapAll(std::vector<int>& columns, const std::vector<int>& mapping) {
  for (int& column : columns) column = mapping[column];
}

// Every row must stay a row: one column at least.
void KeepOne(std::set<int>& wanted) {
  if (wanted.empty()) wanted.insert(0);
}

Pruned PruneProject(LogicalPtr node, std::set<int> wanted) {
  KeepOne(wanted);
  auto& project = *node->As<ProjectNode>();
  std::set<int> below;
  std::vector<Expr> exprs;
  for (int column : wanted) {
    CollectColumns(project.exprs[column], below);
    exprs.push_back(std::move(project.exprs[column]));
  }
  Pruned input = Prune(std::move(node->inputs[0]), std::move(below));
  for (Expr& expr : exprs) expr = MapColumns(std::move(expr), input.mapping);
  project.exprs = std::move(exprs);
  node->inputs[0] = std::move(input.node);
  std::vector<int> mapping = Keep(*node, wanted);
  return {std::move(node), std::move(mapping)};
}

// The node passes its input's columns on, first in its output.
Pruned PassOn(LogicalPtr node, Pruned input, size_t appended) {
  const size_t old_width = input.mapping.size();
  const int new_width = static_cast<int>(input.node->output.size());
  std::vector<int> mapping = std::move(input.mapping);
  Schema output(new_width);
  for (size_t i = 0; i < old_width; ++i) {
    if (mapping[i] >= 0) output[mapping[i]] = std::move(node->output[i]);
  }
  for (size_t i = 0; i < appended; ++i) {
    mapping.push_back(new_width + static_cast<int>(i));
    output.push_back(std::move(node->output[old_width + i]));
  }
  node->output = std::move(output);
  node->inputs[0] = std::move(input.node);
  return {std::move(node), std::move(mapping)};
}

Pruned PruneFilter(LogicalPtr node, std::set<int> wanted) {
  CollectColumns(node->As<FilterNode>()->condition, wanted);
  Pruned input = Prune(std::move(node->inputs[0]), std::move(wanted));
  auto& filter = *node->As<FilterNode>();
  filter.condition = MapColumns(std::move(filter.condition), input.mapping);
  return PassOn(std::move(node), std::move(input), 0);
}

Pruned PruneWatermark(LogicalPtr node, std::set<int> wanted) {
  wanted.insert(node->As<WatermarkNode>()->column);
  CollectColumns(node->As<WatermarkNode>()->watermark, wanted);
  Pruned input = Prune(std::move(node->inputs[0]), std::move(wanted));
  auto& watermark = *node->As<WatermarkNode>();
  watermark.column = input.mapping[watermark.column];
  watermark.watermark =
      MapColumns(std::move(watermark.watermark), input.mapping);
  return PassOn(std::move(node), std::move(input), 0);
}

Pruned PruneWindow(LogicalPtr node, const std::set<int>& wanted) {
  auto& window = *node->As<WindowNode>();
  const int width = static_cast<int>(node->input().output.size());
  std::set<int> below = {window.time_column};
  for (int column : wanted) {
    if (column < width) below.insert(column);
  }
  Pruned input = Prune(std::move(node->inputs[0]), std::move(below));
  window.time_column = input.mapping[window.time_column];
  return PassOn(std::move(node), std::move(input), 3);
}

void CollectCall(const AggregateCall& call, std::set<int>& columns) {
  columns.insert(call.args.begin(), call.args.end());
  if (call.filter) columns.insert(*call.filter);
}

void MapCall(AggregateCall& call, const std::vector<int>& mapping) {
  MapAll(call.args, mapping);
  if (call.filter) *call.filter = mapping[*call.filter];
}

// Keys stay: they decide which rows there are.
Pruned PruneAggregate(LogicalPtr node, const std::set<int>& wanted) {
  auto& group = *node->As<AggregateNode>();
  const int keys = static_cast<int>(group.keys.size());
  std::set<int> kept;
  std::set<int> below(group.keys.begin(), group.keys.end());
  for (int i = 0; i < keys; ++i) kept.insert(i);
  std::vector<AggregateCall> calls;
  for (int column : wanted) {
    if (column < keys) continue;
    kept.insert(column);
    CollectCall(group.calls[column - keys], below);
    calls.push_back(std::move(group.calls[column - keys]));
  }
  // Without keys and calls nothing would be computed at all.
  if (kept.empty()) {
    kept.insert(0);
    CollectCall(group.calls[0], below);
    calls.push_back(std::move(group.calls[0]));
  }
  KeepOne(below);
  Pruned input = Prune(std::move(node->inputs[0]), std::move(below));
  MapAll(group.keys, input.mapping);
  for (AggregateCall& call : calls) MapCall(call, input.mapping);
  group.calls = std::move(calls);
  node->inputs[0] = std::move(input.node);
  std::vector<int> mapping = Keep(*node, kept);
  return {std::move(node), std::move(mapping)};
}

Pruned PruneWindowAggregate(LogicalPtr node, const std::set<int>& wanted) {
  auto& group = *node->As<WindowAggregateNode>();
  const int keys = static_cast<int>(group.keys.size());
  const int calls_end = keys + static_cast<int>(group.calls.size());
  std::set<int> kept;
  std::set<int> below(group.keys.begin(), group.keys.end());
  for (const auto& column : {group.window.time_column,
                             group.window.start_column,
                             group.window.end_column}) {
    if (column) below.insert(*column);
  }
  for (int i = 0; i < keys; ++i) kept.insert(i);
  std::vector<AggregateCall> calls;
  std::vector<WindowProperty> properties;
  for (int column : wanted) {
    if (column < keys) continue;
    kept.insert(column);
    if (column >= calls_end) {
      properties.push_back(group.properties[column - calls_end]);
      continue;
    }
    CollectCall(group.calls[column - keys], below);
    calls.push_back(std::move(group.calls[column - keys]));
  }
  if (kept.empty()) {
    kept.insert(calls_end);
    properties.push_back(group.properties[0]);
  }
  KeepOne(below);
  Pruned input = Prune(std::move(node->inputs[0]), std::move(below));
  MapAll(group.keys, input.mapping);
  for (AggregateCall& call : calls) MapCall(call, input.mapping);
  for (auto* column : {&group.window.time_column, &group.window.start_column,
                       &group.window.end_column}) {
    if (*column) **column = input.mapping[**column];
  }
  group.calls = std::move(calls);
  group.properties = std::move(properties);
  node->inputs[0] = std::move(input.node);
  std::vector<int> mapping = Keep(*node, kept);
  return {std::move(node), std::move(mapping)};
}

// All inputs keep the same columns in the same places.
Pruned PruneUnion(LogicalPtr node, std::set<int> wanted) {
  KeepOne(wanted);
  for (LogicalPtr& input : node->inputs) {
    Pruned pruned = Prune(std::move(input), wanted);
    std::vector<Expr> exprs;
    for (int column : wanted) {
      const int place = pruned.mapping[column];
      exprs.push_back(
          Expr::Column(place, pruned.node->output[place].type));
    }
    const bool same = IsIdentity(exprs, pruned.node->output.size());
    input = same ? std::move(pruned.node)
                 : MakeProject(std::move(pruned.node), std::move(exprs), {});
  }
  std::vector<int> mapping = Keep(*node, wanted);
  return {std::move(node), std::move(mapping)};
}

Pruned PruneValues(LogicalPtr node, std::set<int> wanted) {
  KeepOne(wanted);
  for (auto& row : node->As<ValuesNode>()->rows) {
    std::vector<Value> kept;
    for (int column : wanted) kept.push_back(std::move(row[column]));
    row = std::move(kept);
  }
  std::vector<int> mapping = Keep(*node, wanted);
  return {std::move(node), std::move(mapping)};
}

Pruned Prune(LogicalPtr node, std::set<int> wanted) {
  switch (node->kind()) {
    case LogicalKind::kValues:
      return PruneValues(std::move(node), std::move(wanted));
    case LogicalKind::kProject:
      return PruneProject(std::move(node), std::move(wanted));
    case LogicalKind::kFilter:
      return PruneFilter(std::move(node), std::move(wanted));
    case LogicalKind::kWatermark:
      return PruneWatermark(std::move(node), std::move(wanted));
    case LogicalKind::kWindow:
      return PruneWindow(std::move(node), wanted);
    case LogicalKind::kAggregate:
      return PruneAggregate(std::move(node), wanted);
    case LogicalKind::kWindowAggregate:
      return PruneWindowAggregate(std::move(node), wanted);
    case LogicalKind::kUnion:
      return PruneUnion(std::move(node), std::move(wanted));
    // What a scan reads is decided where the source is made.
    case LogicalKind::kScan: break;
  }
  std::vector<int> mapping = Identity(node->output.size());
  return {std::move(node), std::move(mapping)};
}

}  // namespace

LogicalPtr PruneColumns(LogicalPtr root) {
  std::set<int> all;
  std::vector<Expr> exprs;
  for (size_t i = 0; i < root->output.size(); ++i) {
    all.insert(static_cast<int>(i));
  }
  const Schema output = root->output;
  Pruned pruned = Prune(std::move(root), all);
  for (size_t i = 0; i < output.size(); ++i) {
    exprs.push_back(Expr::Column(pruned.mapping[i], output[i].type));
  }
  if (IsIdentity(exprs, pruned.node->output.size())) {
    return std::move(pruned.node);
  }
  return MakeProject(std::move(pruned.node), std::move(exprs),
                     ColumnNames(output));
}

}  // namespace millrace::sql
