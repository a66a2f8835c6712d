#include "sql/rules/simplify.h"

#include <algorithm>
#include <utility>

#include "sql/logical/expr_rewrite.h"
#include "sql/logical/literal_cast.h"

namespace millrace::sql {
namespace {

class Simplifier {
 public:
  explicit Simplifier(const FunctionRegistry& functions)
      : functions_(functions) {}

  LogicalPtr Run(LogicalPtr node) {
    for (LogicalPtr& input : node->inputs) input = Run(std::move(input));
    if (node->As<ProjectNode>() != nullptr) return Project(std::move(node));
    if (node->As<FilterNode>() != nullptr) return Filter(std::move(node));
    return node;
  }

 private:
  // Nodes that a merge may add. SELECT x + x over SELECT x + x ... doubles at
  // every level; operators compute equal expressions once, up to this size.
  static constexpr int64_t kMaxGrowth = 4096;

  // Whether expressions over the projection may be computed below it: what
  // is used twice or decides about rows must come out the same each time.
  bool MayInline(const std::vector<Expr>& users, const ProjectNode& below,
                 bool once_is_fine) const {
    std::vector<int> uses(below.exprs.size(), 0);
    for (const Expr& user : users) {
      ForEachExpr(user, [&](const Expr& expr) {
        if (expr.kind == Expr::Kind::kColumn) ++uses[expr.column];
      });
    }
    int64_t grown = 0;
    for (size_t i = 0; i < uses.size(); ++i) {
      if (uses[i] > 1) grown += (uses[i] - 1) * NodeCount(below.exprs[i]);
      if (uses[i] > (once_is_fine ? 1 : 0) &&
          !IsDeterministic(below.exprs[i], functions_)) {
        return false;
      }
    }
    return grown <= kMaxGrowth;
  }

  static int64_t NodeCount(const Expr& expr) {
    int64_t count = 0;
    ForEachExpr(expr, [&](const Expr&) { ++count; });
    return count;
  }

  LogicalPtr Project(LogicalPtr node) {
    auto& project = *node->As<ProjectNode>();
    const auto* below = node->input().As<ProjectNode>();
    if (below != nullptr && MayInline(project.exprs, *below, true)) {
      for (Expr& expr : project.exprs) {
        expr = Substitute(std::move(expr), below->exprs);
      }
      node->inputs[0] = std::move(node->input().inputs[0]);
      return Project(std::move(node));
    }
    if (FoldIntoValues(*node)) {
      node->inputs[0]->output = node->output;
      return std::move(node->inputs[0]);
    }
    if (IsIdentity(project.exprs, node->input().output.size())) {
      LogicalPtr only = std::move(node->inputs[0]);
      for (size_t i = 0; i < only->output.size(); ++i) {
        only->output[i].name = node->output[i].name;
      }
      return only;
    }
    return node;
  }

  // Literal rows whose columns are only picked or cast: casts that can be done
  // now are. False: nothing was changed.
  static bool FoldIntoValues(LogicalNode& node) {
    auto* values = node.input().As<ValuesNode>();
    if (values == nullptr) return false;
    const Schema& input = node.input().output;
    std::vector<std::vector<Value>> rows(values->rows.size());
    for (const Expr& expr : node.As<ProjectNode>()->exprs) {
      const bool cast = expr.kind == Expr::Kind::kCall &&
                        expr.function == "CAST" &&
                        expr.args[0].kind == Expr::Kind::kColumn;
      if (!cast && expr.kind != Expr::Kind::kColumn) return false;
      const int column = cast ? expr.args[0].column : expr.column;
      for (size_t i = 0; i < rows.size(); ++i) {
        const Value& value = values->rows[i][column];
        auto folded = cast ? FoldLiteralCast(value, input[column].type,
                                             expr.type)
                           : std::optional<Value>(value);
        if (!folded) return false;
        rows[i].push_back(*std::move(folded));
      }
    }
    values->rows = std::move(rows);
    return true;
  }

  LogicalPtr Filter(LogicalPtr node) {
    std::vector<Expr> parts =
        Conjuncts(std::move(node->As<FilterNode>()->condition));
    LogicalPtr below = std::move(node->inputs[0]);
    return Push(std::move(parts), std::move(below));
  }

  // `parts` applied to the rows of `below`, as far down as they go.
  LogicalPtr Push(std::vector<Expr> parts, LogicalPtr below) {
    if (parts.empty()) return below;
    if (auto* filter = below->As<FilterNode>()) {
      std::vector<Expr> all = Conjuncts(std::move(filter->condition));
      std::move(parts.begin(), parts.end(), std::back_inserter(all));
      return Push(Conjuncts(AllOf(std::move(all))),
                  std::move(below->inputs[0]));
    }
    if (auto* project = below->As<ProjectNode>();
        project != nullptr && MayInline(parts, *project, false)) {
      for (Expr& part : parts) {
        part = Substitute(std::move(part), project->exprs);
      }
      below->inputs[0] =
          Push(std::move(parts), std::move(below->inputs[0]));
      return below;
    }
    if (below->As<UnionNode>() != nullptr) {
      for (LogicalPtr& input : below->inputs) {
        input = Push(parts, std::move(input));
      }
      return below;
    }
    if (below->As<WindowNode>() != nullptr) {
      return PushPart(std::move(parts), std::move(below), [&](int column) {
        return column;
      });
    }
    if (auto* group = below->As<AggregateNode>()) {
      // What is asked of a window stays above it: below, it would part the
      // aggregate from its window function.
      std::vector<int> keys = group->keys;
      for (int& key : keys) {
        if (below->input().output[key].lineage) key = -1;
      }
      return PushPart(std::move(parts), std::move(below), [&](int column) {
        return column < keys.size() ? keys[column] : -1;
      });
    }
    return MakeFilter(std::move(below), AllOf(std::move(parts)));
  }

  // Pushes the parts all whose columns `place` finds in the input of `below`;
  // the others stay above it.
  template <typename Place>
  LogicalPtr PushPart(std::vector<Expr> parts, LogicalPtr below,
                      Place place) {
    const int width = static_cast<int>(below->output.size());
    const int input_width = static_cast<int>(below->input().output.size());
    std::vector<int> mapping(width);
    for (int i = 0; i < width; ++i) {
      const int found = place(i);
      mapping[i] = found < input_width ? found : -1;
    }
    std::vector<Expr> down, stay;
    for (Expr& part : parts) {
      const std::set<int> columns = ColumnsOf(part);
      const bool all =
          !columns.empty() && IsDeterministic(part, functions_) &&
          std::all_of(columns.begin(), columns.end(),
                      [&](int column) { return mapping[column] >= 0; });
      if (all) {
        down.push_back(MapColumns(std::move(part), mapping));
      } else {
        stay.push_back(std::move(part));
      }
    }
    below->inputs[0] = Push(std::move(down), std::move(below->inputs[0]));
    if (stay.empty()) return below;
    return MakeFilter(std::move(below), AllOf(std::move(stay)));
  }

  const FunctionRegistry& functions_;
};

}  // namespace

LogicalPtr Simplify(LogicalPtr node, const FunctionRegistry& functions) {
  return Simplifier(functions).Run(std::move(node));
}

}  // namespace millrace::sql
