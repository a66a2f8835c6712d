#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "sql/catalog/catalog_table.h"

namespace millrace::sql {

// The tables and views of one session: `default_catalog`.`default_database`,
// the only one there is. Temporary and permanent ones are one name space; they
// differ in what SHOW says. Not thread-safe; entries are shared and immutable,
// so that what was found stays valid when the catalog changes.
class Catalog {
 public:
  static constexpr absl::string_view kCatalogName = "default_catalog";
  static constexpr absl::string_view kDatabaseName = "default_database";

  using TablePtr = std::shared_ptr<const CatalogTable>;
  using ViewPtr = std::shared_ptr<const CatalogView>;
  using Entry = std::variant<TablePtr, ViewPtr>;

  // The bare name in `name`, which may be qualified. SQL-0111: another
  // catalog or database.
  static absl::StatusOr<std::string> LocalName(const ObjectName& name);

  // Null: no such entry.
  const Entry* Find(absl::string_view name) const;
  // SQL-0110 with the nearest name, at the name's place.
  absl::StatusOr<Entry> Resolve(const ObjectName& name) const;

  void Put(Entry entry);
  void Remove(absl::string_view name);

  // Sorted by name. Tables includes views, as Flink's SHOW TABLES does.
  std::vector<std::string> Names() const;
  std::vector<std::string> ViewNames() const;

 private:
  absl::btree_map<std::string, Entry> entries_;
};

bool IsTemporary(const Catalog::Entry& entry);
bool IsView(const Catalog::Entry& entry);

}  // namespace millrace::sql
