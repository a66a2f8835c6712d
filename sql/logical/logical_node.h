#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "sql/catalog/catalog_table.h"
#include "sql/logical/column.h"

namespace millrace::sql {

// A bound query as a tree of relations. Expressions are over the columns of
// the one input, by place. Rules take a tree and give a tree; nothing is
// shared between trees.

struct LogicalNode;
using LogicalPtr = std::unique_ptr<LogicalNode>;

// A table's columns that its connector fills, in declared order; computed
// columns and the watermark are nodes above it.
struct ScanNode {
  std::shared_ptr<const CatalogTable> table;
  SourceLocation location;  // Where the text names it, or a view over it.
};

// Literal rows.
struct ValuesNode {
  std::vector<std::vector<Value>> rows;
};

struct ProjectNode {
  std::vector<Expr> exprs;
};

struct FilterNode {
  Expr condition;  // Rows where it is TRUE pass.
};

// Makes `column` the event time, with this watermark.
struct WatermarkNode {
  int column = 0;
  Expr watermark;
};

// A window table function: the input's columns, then window_start,
// window_end, window_time. `time_column` says where the time stands, also for
// processing time; window->time_column is not set.
struct WindowNode {
  std::shared_ptr<const WindowShape> window;
  int time_column = 0;
};

// GROUP BY: the keys, then a column for each call. Keys that say of which
// window a row is make it an aggregate of windows.
struct AggregateNode {
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
};

// An aggregate recognised as one of windows: keys, calls, then `properties`.
// `window` has its time column set, or the columns that carry the window.
struct WindowAggregateNode {
  WindowShape window;
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
  std::vector<WindowProperty> properties;
};

// UNION ALL of inputs with equal types.
struct UnionNode {};

// In the order of LogicalNode::node's alternatives.
enum class LogicalKind : uint8_t {
  kScan, kValues, kProject, kFilter, kWatermark, kWindow, kAggregate,
  kWindowAggregate, kUnion,
};

struct LogicalNode {
  using Node =
      std::variant<ScanNode, ValuesNode, ProjectNode, FilterNode,
                   WatermarkNode, WindowNode, AggregateNode,
                   WindowAggregateNode, UnionNode>;

  Node node;
  std::vector<LogicalPtr> inputs;
  Schema output;

  LogicalKind kind() const { return static_cast<LogicalKind>(node.index()); }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  template <typename T>
  T* As() {
    return std::get_if<T>(&node);
  }
  LogicalNode& input() { return *inputs[0]; }
  const LogicalNode& input() const { return *inputs[0]; }
};

LogicalPtr MakeNode(LogicalNode::Node node, Schema output);
LogicalPtr MakeNode(LogicalNode::Node node, LogicalPtr input, Schema output);

// A projection; the columns' names, time and lineage follow plain references,
// and `names` where it is not empty.
LogicalPtr MakeProject(LogicalPtr input, std::vector<Expr> exprs,
                       std::vector<std::string> names);
LogicalPtr MakeFilter(LogicalPtr input, Expr condition);

// The column that `expr` makes over `input`: its type, and what is known of it
// when it is a plain reference or PROCTIME().
Column ColumnOf(const Expr& expr, const Schema& input, std::string name);

}  // namespace millrace::sql
