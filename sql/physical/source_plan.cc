#include "sql/physical/source_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "runtime/base/check.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/physical/changelog.h"
#include "sql/physical/leaf_columns.h"
#include "sql/physical/rejection_target.h"
#include "sql/rules/known_values.h"
#include "sql/rules/operand_order.h"

namespace millrace::sql {
namespace {

// The nodes of a chain, from the top; null where one is missing.
struct Chain {
  const Schema* output = nullptr;  // Of what is on top.
  const LogicalNode* below = nullptr;  // Filter and projection.
  const ProjectNode* projection = nullptr;
  const FilterNode* filter = nullptr;
  const WatermarkNode* watermark = nullptr;
  const ProjectNode* computed = nullptr;
  const LogicalNode* scan = nullptr;
};

template <typename T>
const T* Step(const LogicalNode*& node) {
  const T* found = node->As<T>();
  if (found != nullptr) node = node->inputs[0].get();
  return found;
}

Chain ChainOf(const LogicalNode& top) {
  Chain chain{.output = &top.output};
  const LogicalNode* at = &top;
  chain.projection = Step<ProjectNode>(at);
  chain.filter = Step<FilterNode>(at);
  chain.below = at;
  chain.watermark = Step<WatermarkNode>(at);
  if (chain.watermark != nullptr) chain.computed = Step<ProjectNode>(at);
  if (at->As<ScanNode>() != nullptr) chain.scan = at;
  return chain;
}

std::vector<Expr> AllColumns(const Schema& schema) {
  std::vector<LogicalType> types;
  for (const Column& column : schema) types.push_back(column.type);
  return References(types);
}

// What a decoder may look at before it has decoded all: comparisons that
// cannot fail, of columns with literals.
bool IsPushable(const Expr& expr) {
  static const auto& names = *new std::vector<std::string>{
      "=", "<>", "<", "<=", ">", ">=", "IS NULL", "IS NOT NULL", "NOT", "IN"};
  switch (expr.kind) {
    case Expr::Kind::kColumn:
    case Expr::Kind::kLiteral:
      return true;
    case Expr::Kind::kCall:
      if (std::find(names.begin(), names.end(), expr.function) ==
          names.end()) {
        return false;
      }
      break;
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr:
      break;
    default:
      return false;
  }
  return std::all_of(expr.args.begin(), expr.args.end(), IsPushable);
}

std::string LeafName(const SourceRequest::Column& leaf,
                     const Schema& columns) {
  const Column& column = columns[leaf.path[0]];
  std::string name = column.name;
  LogicalType type = column.type;
  for (size_t i = 1; i < leaf.path.size(); ++i) {
    const RowField field = type.fields()[leaf.path[i]];
    name += "." + field.name;
    type = field.type;
  }
  return name;
}

WatermarkSpec TimingOf(const CatalogTable& table,
                       const SessionConfig& config) {
  WatermarkSpec spec;
  spec.emit_interval_ms =
      config.DurationMillis("pipeline.auto-watermark-interval");
  spec.idle_timeout_ms =
      config.DurationMillis("table.exec.source.idle-timeout");
  const auto own = table.options.find("scan.watermark.idle-timeout");
  if (own != table.options.end()) {
    const auto timeout = ParseDuration(own->second);
    if (timeout.ok()) {
      spec.idle_timeout_ms = absl::ToInt64Milliseconds(*timeout);
    }
  }
  return spec;
}

// The plan under construction. Expressions are over the table's columns; the
// event time, where it is computed, is the column behind them all.
class Builder {
 public:
  Builder(const Chain& chain, const BindContext& context)
      : chain_(chain), context_(context) {
    table_ = chain.scan->As<ScanNode>()->table;
    time_marker_ = static_cast<int>(chain.scan->output.size());
    CollectExpressions();
  }

  SourcePlan Build() {
    for (const Expr& expr : projection_) AddOutput(expr);
    for (const Expr& part : filter_) AddOutput(part);
    if (chain_.watermark != nullptr) {
      AddOutput(time_);
      AddOutput(watermark_);
    }
    SourcePlan plan;
    plan.spec.table = DescriptorOf(*table_);
    FillErrorMode(*context_.config, plan.spec.table);
    FillRequest(plan);
    FillOutput(plan);
    const bool fuse = filter_.empty() && chain_.watermark == nullptr;
    if (fuse) {
      plan.spec.columns = OverRequest(projection_);
      plan.output = *chain_.output;
      return plan;
    }
    if (!filter_.empty()) {
      plan.spec.filter = CheapOperandsFirst(AllOf(OverOutput(filter_)));
    }
    plan.projection = OverOutput(projection_);
    if (IsIdentity(plan.projection, plan.output.size())) {
      plan.projection.clear();
      plan.output = *chain_.output;
    }
    return plan;
  }

 private:
  void CollectExpressions() {
    const Schema& scanned = chain_.scan->output;
    std::vector<Expr> below = chain_.computed != nullptr
                                  ? chain_.computed->exprs
                                  : AllColumns(scanned);
    if (chain_.watermark != nullptr) {
      time_ = below[chain_.watermark->column];
      time_expr_ = time_;
      if (PathOf(time_).empty()) {
        time_ = Expr::Column(time_marker_, time_.type);
        below[chain_.watermark->column] = time_;
      }
      watermark_ = Substitute(chain_.watermark->watermark, below);
    }
    if (chain_.filter != nullptr) {
      filter_ = Conjuncts(Substitute(chain_.filter->condition, below));
    }
    if (chain_.projection != nullptr) {
      for (const Expr& expr : chain_.projection->exprs) {
        projection_.push_back(
            SimplifyUnder(Substitute(expr, below), filter_));
      }
    } else {
      projection_ = below;
    }
  }

  // What the source hands on, each once: leaves of the table, and the time.
  void AddOutput(const Expr& expr) {
    std::vector<int> path = PathOf(expr);
    if (path.empty()) {
      for (const Expr& arg : expr.args) AddOutput(arg);
      return;
    }
    hands_on_time_ |= path[0] == time_marker_;
    order_.push_back(expr);
  }

  void FillRequest(SourcePlan& plan) {
    for (const Expr& expr : order_) {
      if (PathOf(expr)[0] != time_marker_) leaves_.Add(expr);
    }
    if (hands_on_time_) leaves_.Add(time_expr_);
    // A source that decodes nothing could not count its rows.
    if (leaves_.Columns().empty()) {
      order_.push_back(CheapestColumn());
      leaves_.Add(order_.back());
    }
    plan.spec.request.columns = leaves_.Columns();
    if (chain_.watermark != nullptr) return;
    for (const Expr& part : filter_) {
      Expr over = leaves_.Rewrite(part);
      if (IsPushable(over) && IsDecoded(plan.spec, over)) {
        plan.spec.request.filter.push_back(over);
      }
    }
  }

  // Whether the format, and not the connector, gives all that `expr` reads.
  static bool IsDecoded(const SourceSpec& spec, const Expr& expr) {
    for (int column : ColumnsOf(expr)) {
      const int first = spec.request.columns[column].path[0];
      if (spec.table.columns[first].metadata_key) return false;
    }
    return true;
  }

  // To count rows by: a number where there is one, else the first column.
  Expr CheapestColumn() const {
    const Schema& columns = chain_.scan->output;
    size_t best = 0;
    for (size_t i = columns.size(); i-- > 0;) {
      const bool wide = columns[i].type.IsNested() ||
                        columns[i].type.physical() == PhysicalType::kString;
      if (!wide) best = i;
    }
    return Expr::Column(static_cast<int32_t>(best), columns[best].type);
  }

  // Places of the request's columns in the output: in order of first use, the
  // time where it was first used.
  void FillOutput(SourcePlan& plan) {
    const auto& columns = plan.spec.request.columns;
    places_.assign(columns.size(), -1);
    for (const Expr& expr : order_) {
      if (PathOf(expr)[0] == time_marker_) {
        if (time_output_ >= 0) continue;
        time_output_ = static_cast<int>(plan.spec.columns.size());
        plan.spec.columns.push_back(leaves_.Rewrite(time_expr_));
        plan.output.push_back(TimeColumn());
        continue;
      }
      Expr leaf = leaves_.Rewrite(expr);
      while (leaf.kind == Expr::Kind::kField) {
        Expr row = std::move(leaf.args[0]);
        leaf = std::move(row);
      }
      if (places_[leaf.column] >= 0) continue;
      places_[leaf.column] = static_cast<int>(plan.spec.columns.size());
      plan.output.push_back(LeafColumn(columns[leaf.column]));
      plan.spec.columns.push_back(std::move(leaf));
    }
    if (chain_.watermark != nullptr) FillWatermark(plan);
  }

  void FillWatermark(SourcePlan& plan) {
    WatermarkSpec spec = TimingOf(*table_, *context_.config);
    const Expr time = OverOutput(time_);
    spec.event_time_column = time.column;
    spec.watermark = OverOutput(watermark_);
    plan.output[time.column].time = TimeAttribute::kRowtime;
    plan.spec.watermark = std::move(spec);
  }

  Column TimeColumn() const {
    Column column = Below()[chain_.watermark->column];
    column.time = TimeAttribute::kRowtime;
    return column;
  }

  // Of what the watermark is over.
  const Schema& Below() const { return chain_.below->inputs[0]->output; }

  Column LeafColumn(const SourceRequest::Column& leaf) const {
    return {.name = LeafName(leaf, chain_.scan->output), .type = leaf.type};
  }

  Expr OverOutput(Expr expr) const {
    if (expr.kind == Expr::Kind::kColumn && expr.column == time_marker_) {
      return Expr::Column(time_output_, expr.type);
    }
    const std::vector<int> path = PathOf(expr);
    if (!path.empty()) {
      return MapColumns(leaves_.Rewrite(std::move(expr)), places_);
    }
    for (Expr& arg : expr.args) arg = OverOutput(std::move(arg));
    return expr;
  }

  std::vector<Expr> OverOutput(const std::vector<Expr>& exprs) const {
    std::vector<Expr> done;
    for (const Expr& expr : exprs) done.push_back(OverOutput(expr));
    return done;
  }

  std::vector<Expr> OverRequest(const std::vector<Expr>& exprs) const {
    std::vector<Expr> done;
    for (const Expr& expr : exprs) done.push_back(leaves_.Rewrite(expr));
    return done;
  }

  const Chain& chain_;
  const BindContext& context_;
  std::shared_ptr<const CatalogTable> table_;
  int time_marker_ = 0;
  Expr time_;       // A leaf of the table, or the marker.
  Expr time_expr_;  // What it is computed from.
  Expr watermark_;
  std::vector<Expr> filter_;
  std::vector<Expr> projection_;

  LeafColumns leaves_;
  std::vector<Expr> order_;  // Leaves and the marker, as they were used.
  std::vector<int> places_;  // In the output, of each requested column.
  bool hands_on_time_ = false;
  int time_output_ = -1;
};

// The column or field that `leaf` names among `columns`.
Expr LeafOf(const SourceRequest::Column& leaf, const Schema& columns) {
  Expr expr = Expr::Column(leaf.path[0], columns[leaf.path[0]].type);
  for (size_t i = 1; i < leaf.path.size(); ++i) {
    expr = Expr::Field(std::move(expr), leaf.path[i]);
  }
  return expr;
}

// What of `below` is to be kept a key: the key, then all that `chain` reads.
LeafColumns KeptLeaves(const Chain& chain, const std::vector<Expr>& wanted) {
  const Schema& columns = chain.below->output;
  LeafColumns leaves;
  const auto key = UpsertKeyOf(*chain.below);
  MILLRACE_CHECK(key.has_value());
  for (const int column : *key) {
    leaves.Add(Expr::Column(column, columns[column].type));
  }
  for (const Expr& expr : wanted) leaves.Add(expr);
  if (chain.filter != nullptr) leaves.Add(chain.filter->condition);
  return leaves;
}

}  // namespace

UpsertSourcePlan PlanUpsertSource(const LogicalNode& node,
                                  const BindContext& context) {
  Chain chain = ChainOf(node);
  const Schema& below = chain.below->output;
  const std::vector<Expr> wanted = chain.projection != nullptr
                                       ? chain.projection->exprs
                                       : AllColumns(below);
  const LeafColumns leaves = KeptLeaves(chain, wanted);
  UpsertSourcePlan plan;
  ProjectNode kept;
  for (const SourceRequest::Column& leaf : leaves.Columns()) {
    kept.exprs.push_back(LeafOf(leaf, below));
    Column column = below[leaf.path[0]];
    if (leaf.path.size() > 1) column = {.name = LeafName(leaf, below)};
    column.type = kept.exprs.back().type;
    plan.columns.push_back(std::move(column));
  }
  plan.key.resize(UpsertKeyOf(*chain.below)->size());
  std::iota(plan.key.begin(), plan.key.end(), 0);
  if (chain.filter != nullptr) {
    plan.filter = leaves.Rewrite(chain.filter->condition);
  }
  for (const Expr& expr : wanted) {
    plan.projection.push_back(leaves.Rewrite(expr));
  }
  chain.projection = &kept;
  chain.filter = nullptr;
  chain.output = &plan.columns;
  plan.source = Builder(chain, context).Build();
  return plan;
}

const ScanNode& ScanOf(const LogicalNode& node) {
  const Chain chain = ChainOf(node);
  MILLRACE_CHECK(chain.scan != nullptr);
  return *chain.scan->As<ScanNode>();
}

bool IsSourceChain(const LogicalNode& node) {
  return ChainOf(node).scan != nullptr;
}

SourcePlan PlanSource(const LogicalNode& node, const BindContext& context) {
  const Chain chain = ChainOf(node);
  MILLRACE_CHECK(chain.scan != nullptr);
  return Builder(chain, context).Build();
}

}  // namespace millrace::sql
