#include "sql/catalog/catalog_table.h"

namespace millrace::sql {

std::optional<int> CatalogTable::FindColumn(
    absl::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column_name) return static_cast<int>(i);
  }
  return std::nullopt;
}

TableDescriptor DescriptorOf(const CatalogTable& table) {
  TableDescriptor descriptor{.name = table.name,
                             .primary_key = table.primary_key,
                             .partition_keys = table.partition_keys,
                             .options = table.options};
  for (const CatalogColumn& column : table.columns) {
    if (column.kind == ColumnKind::kComputed) continue;
    TableColumn& added = descriptor.columns.emplace_back();
    added.name = column.name;
    added.type = column.type;
    if (column.kind == ColumnKind::kMetadata) {
      added.metadata_key = column.metadata_key.value_or(column.name);
      added.is_virtual = column.is_virtual;
    }
  }
  return descriptor;
}

}  // namespace millrace::sql
