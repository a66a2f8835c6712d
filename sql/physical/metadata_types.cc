#include "sql/physical/metadata_types.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/coercion.h"
#include "sql/physical/table_use.h"

namespace millrace::sql {
namespace {

// The connector's type of a metadata column where it differs from the declared
// one; nullopt: there is nothing to do.
std::optional<LogicalType> OtherType(const Connector::Capabilities& can,
                                     const std::string& key,
                                     const LogicalType& declared) {
  for (const TableColumn& column : can.metadata) {
    if (column.metadata_key.value_or(column.name) != key) continue;
    if (column.type.EqualsIgnoringNull(declared)) return std::nullopt;
    return column.type;
  }
  return std::nullopt;
}

// A copy of the scanned table with the connector's types, and the casts back;
// null where the types agree.
absl::Status AdaptScan(LogicalPtr& node, const BindContext& context) {
  auto& scan = *node->As<ScanNode>();
  auto can =
      CapabilitiesOf(DescriptorOf(*scan.table), *context.connectors);
  if (!can.ok()) return AtLocation(can.status(), scan.location);
  auto changed = std::make_shared<CatalogTable>(*scan.table);
  std::vector<Expr> casts;
  bool differs = false;
  for (CatalogColumn& column : changed->columns) {
    if (column.kind == ColumnKind::kComputed) continue;
    const auto place = static_cast<int32_t>(casts.size());
    const LogicalType declared = column.type;
    if (column.kind == ColumnKind::kMetadata) {
      const auto other = OtherType(
          *can, column.metadata_key.value_or(column.name), declared);
      if (other) {
        const absl::Status allowed = CheckExplicitCast(*other, declared);
        if (!allowed.ok()) return AtLocation(allowed, scan.location);
        column.type = *other;
        differs = true;
      }
    }
    node->output[place].type = column.type;
    casts.push_back(CastTo(Expr::Column(place, column.type), declared));
  }
  if (!differs) return absl::OkStatus();
  scan.table = std::move(changed);
  node = MakeProject(std::move(node), std::move(casts), {});
  return absl::OkStatus();
}

absl::Status AdaptScans(LogicalPtr& node, const BindContext& context) {
  for (LogicalPtr& input : node->inputs) {
    RETURN_IF_ERROR(AdaptScans(input, context));
  }
  if (node->As<ScanNode>() == nullptr) return absl::OkStatus();
  return AdaptScan(node, context);
}

}  // namespace

absl::Status AdaptMetadataTypes(BoundInsert& insert,
                                const BindContext& context) {
  RETURN_IF_ERROR(AdaptScans(insert.query, context));
  auto can = CapabilitiesOf(insert.sink, *context.connectors);
  if (!can.ok()) return AtLocation(can.status(), insert.location);
  std::vector<Expr> casts;
  std::vector<std::string> names;
  bool differs = false;
  for (size_t i = 0; i < insert.sink.columns.size(); ++i) {
    TableColumn& column = insert.sink.columns[i];
    const auto place = static_cast<int32_t>(i);
    names.push_back(column.name);
    casts.push_back(
        Expr::Column(place, insert.query->output[i].type));
    if (!column.metadata_key) continue;
    const auto other = OtherType(*can, *column.metadata_key, column.type);
    if (!other) continue;
    const absl::Status allowed = CheckExplicitCast(column.type, *other);
    if (!allowed.ok()) return AtLocation(allowed, insert.location);
    casts.back() = CastTo(std::move(casts.back()), *other);
    column.type = other->WithNullable(column.type.nullable());
    differs = true;
  }
  if (differs) {
    insert.query = MakeProject(std::move(insert.query), std::move(casts),
                               std::move(names));
  }
  return absl::OkStatus();
}

}  // namespace millrace::sql
