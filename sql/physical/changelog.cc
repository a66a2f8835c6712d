#include "sql/physical/changelog.h"

#include <algorithm>

#include "runtime/base/status_macros.h"
#include "sql/binder/call_resolver.h"
#include "sql/logical/expr_rewrite.h"
#include "sql/physical/table_use.h"

namespace millrace::sql {

absl::StatusOr<bool> IsUpdating(const LogicalNode& node,
                                const BindContext& context) {
  switch (node.kind()) {
    case LogicalKind::kScan: {
      const auto& scan = *node.As<ScanNode>();
      const auto can =
          CapabilitiesOf(DescriptorOf(*scan.table), *context.connectors);
      if (!can.ok()) return AtLocation(can.status(), scan.location);
      return can->source_mode != ChangelogMode::kAppend;
    }
    case LogicalKind::kAggregate:
      if (!node.As<AggregateNode>()->calls.empty()) return true;
      break;
    case LogicalKind::kWindowAggregate:
      return false;
    default:
      break;
  }
  for (const LogicalPtr& input : node.inputs) {
    ASSIGN_OR_RETURN(const bool updating, IsUpdating(*input, context));
    if (updating) return true;
  }
  return false;
}

std::optional<std::vector<int>> UpsertKeyOf(const LogicalNode& node) {
  switch (node.kind()) {
    case LogicalKind::kScan:
      return PrimaryKeyOf(DescriptorOf(*node.As<ScanNode>()->table));
    case LogicalKind::kAggregate: {
      std::vector<int> key(node.As<AggregateNode>()->keys.size());
      for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<int>(i);
      return key;
    }
    case LogicalKind::kFilter:
    case LogicalKind::kWatermark:
      return UpsertKeyOf(node.input());
    case LogicalKind::kProject: {
      const auto below = UpsertKeyOf(node.input());
      if (!below) return std::nullopt;
      const auto& exprs = node.As<ProjectNode>()->exprs;
      std::vector<int> key;
      for (int column : *below) {
        const auto found =
            std::find_if(exprs.begin(), exprs.end(), [&](const Expr& expr) {
              return expr.kind == Expr::Kind::kColumn &&
                     expr.column == column;
            });
        if (found == exprs.end()) return std::nullopt;
        key.push_back(static_cast<int>(found - exprs.begin()));
      }
      return key;
    }
    default:
      return std::nullopt;
  }
}

bool ReadsOnly(const Expr& condition,
               const std::optional<std::vector<int>>& columns) {
  if (!columns) return false;
  const std::set<int> read = ColumnsOf(condition);
  return std::all_of(read.begin(), read.end(), [&](int column) {
    return std::find(columns->begin(), columns->end(), column) !=
           columns->end();
  });
}

std::optional<std::vector<int>> PrimaryKeyOf(const TableDescriptor& table) {
  if (table.primary_key.empty()) return std::nullopt;
  std::vector<int> key;
  for (const std::string& name : table.primary_key) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].name == name) key.push_back(static_cast<int>(i));
    }
  }
  return key;
}

}  // namespace millrace::sql
