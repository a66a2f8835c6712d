#include "runtime/connector/connector_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"

namespace millrace {
namespace {

template <typename Map>
std::vector<std::string> Names(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : map) names.push_back(name);
  return names;
}

absl::Status NoSuch(absl::string_view kind, absl::string_view code,
                    absl::string_view name,
                    const std::vector<std::string>& names) {
  const std::string nearest = NearestName(name, names);
  std::string fix;
  if (!nearest.empty()) {
    fix = absl::StrCat("Did you mean '", nearest, "'? ");
  }
  absl::StrAppend(&fix, "There are: ", absl::StrJoin(names, ", "));
  return UserError({.code = code,
                    .what = absl::StrCat("there is no ", kind, " '", name,
                                         "'"),
                    .fix = std::move(fix)});
}

// The planner asks Describe first and calls only what the connector has.
absl::Status NotOffered(absl::string_view what, const TableDescriptor& table) {
  return absl::InternalError(
      absl::StrCat("the connector of table ", table.name, " has no ", what));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SplitEnumerator>> Connector::MakeEnumerator(
    const TableDescriptor& table, int) const {
  return NotOffered("split enumerator", table);
}

absl::StatusOr<std::unique_ptr<SplitDiscovery>> Connector::MakeDiscovery(
    const TableDescriptor& table, int) const {
  return NotOffered("split discovery", table);
}

absl::StatusOr<std::unique_ptr<SplitReader>> Connector::MakeReader(
    const TableDescriptor& table, const SourceRequest&,
    const ConnectorContext&) const {
  return NotOffered("reader", table);
}

absl::StatusOr<std::unique_ptr<Writer>> Connector::MakeWriter(
    const TableDescriptor& table, const ConnectorContext&) const {
  return NotOffered("writer", table);
}

absl::StatusOr<std::unique_ptr<Committer>> Connector::MakeCommitter(
    const TableDescriptor&, const ConnectorContext&) const {
  return std::unique_ptr<Committer>();
}

void ConnectorRegistry::Add(std::string name,
                            std::unique_ptr<Connector> connector) {
  MILLRACE_CHECK(
      connectors_.emplace(std::move(name), std::move(connector)).second);
}

void ConnectorRegistry::AddFormat(std::string name,
                                  std::unique_ptr<Format> format) {
  MILLRACE_CHECK(formats_.emplace(std::move(name), std::move(format)).second);
}

absl::StatusOr<const Connector*> ConnectorRegistry::Find(
    absl::string_view name) const {
  const auto found = connectors_.find(name);
  if (found == connectors_.end()) {
    return NoSuch("connector", "SQL-0904", name, ConnectorNames());
  }
  return found->second.get();
}

absl::StatusOr<const Connector*> ConnectorRegistry::FindFor(
    const TableDescriptor& table) const {
  const auto option = table.options.find("connector");
  return Find(option == table.options.end() ? "" : option->second);
}

absl::StatusOr<const Format*> ConnectorRegistry::FindFormat(
    absl::string_view name) const {
  const auto found = formats_.find(name);
  if (found == formats_.end()) {
    return NoSuch("format", "SQL-0905", name, FormatNames());
  }
  return found->second.get();
}

std::vector<std::string> ConnectorRegistry::ConnectorNames() const {
  return Names(connectors_);
}

std::vector<std::string> ConnectorRegistry::FormatNames() const {
  return Names(formats_);
}

}  // namespace millrace
