#include "sql/catalog/catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

absl::StatusOr<std::string> Catalog::LocalName(const ObjectName& name) {
  const std::vector<Name>& parts = name.parts;
  const size_t count = parts.size();
  if (count > 3 || (count == 3 && parts[0].text != kCatalogName) ||
      (count >= 2 && parts[count - 2].text != kDatabaseName)) {
    return SqlError({.code = "SQL-0111",
                     .location = name.location,
                     .what = absl::StrCat("there is no catalog or database "
                                          "behind this name"),
                     .why = absl::StrCat("the only one is `", kCatalogName,
                                         "`.`", kDatabaseName, "`"),
                     .fix = absl::StrCat("Write the name alone: `",
                                         parts.back().text, "`.")});
  }
  return parts.back().text;
}

const Catalog::Entry* Catalog::Find(absl::string_view name) const {
  const auto found = entries_.find(std::string(name));
  return found == entries_.end() ? nullptr : &found->second;
}

absl::StatusOr<Catalog::Entry> Catalog::Resolve(const ObjectName& name) const {
  auto local = LocalName(name);
  if (!local.ok()) return local.status();
  if (const Entry* found = Find(*local)) return *found;
  std::string fix = DidYouMean(*local, Names());
  if (fix.empty()) fix = "SHOW TABLES lists what there is.";
  return SqlError({.code = "SQL-0110",
                   .location = name.location,
                   .what = absl::StrCat("there is no table or view `", *local,
                                        "`"),
                   .why = {},
                   .fix = std::move(fix)});
}

void Catalog::Put(Entry entry) {
  std::string name =
      std::visit([](const auto& held) { return held->name; }, entry);
  entries_.insert_or_assign(std::move(name), std::move(entry));
}

void Catalog::Remove(absl::string_view name) {
  entries_.erase(std::string(name));
}

std::vector<std::string> Catalog::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

std::vector<std::string> Catalog::ViewNames() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (IsView(entry)) names.push_back(name);
  }
  return names;
}

bool IsTemporary(const Catalog::Entry& entry) {
  return std::visit([](const auto& held) { return held->temporary; }, entry);
}

bool IsView(const Catalog::Entry& entry) {
  return std::holds_alternative<Catalog::ViewPtr>(entry);
}

}  // namespace millrace::sql
