#include "sql/physical/rejection_target.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/rejected_columns.h"
#include "sql/parser/sql_error.h"
#include "sql/physical/table_use.h"

namespace millrace::sql {
namespace {

constexpr char kTarget[] = "error-handling.log.target";
constexpr char kRecords[] = "error-handling.mode";
constexpr char kRows[] = "error-handling.expression.mode";

absl::Status NoTarget(absl::string_view name, absl::string_view why,
                      std::string fix) {
  return UserError({.code = "SQL-0210",
                    .what = absl::StrCat("'", kTarget, "' = '", name, "' ",
                                         why),
                    .where = {},
                    .why = {},
                    .fix = std::move(fix)});
}

// `text` is a name of SQL, maybe qualified, maybe in backticks.
absl::StatusOr<Catalog::TablePtr> Find(absl::string_view text,
                                       const Catalog& catalog) {
  ObjectName name;
  for (absl::string_view part : absl::StrSplit(text, '.')) {
    part = absl::StripAsciiWhitespace(part);
    if (part.size() > 2 && part.front() == '`' && part.back() == '`') {
      part = part.substr(1, part.size() - 2);
    }
    name.parts.push_back({.text = std::string(part), .location = {}});
  }
  const auto local = Catalog::LocalName(name);
  const Catalog::Entry* entry = local.ok() ? catalog.Find(*local) : nullptr;
  if (entry == nullptr) {
    std::string fix = DidYouMean(name.parts.back().text, catalog.Names());
    if (fix.empty()) fix = "Create it above.";
    return NoTarget(text, "names no table", std::move(fix));
  }
  if (IsView(*entry)) {
    return NoTarget(text, "names a view", "Name a table.");
  }
  return std::get<Catalog::TablePtr>(*entry);
}

absl::StatusOr<TableDescriptor> SinkNamed(const std::string& name,
                                          const BindContext& context) {
  ASSIGN_OR_RETURN(const Catalog::TablePtr found,
                   Find(name, *context.catalog));
  TableDescriptor table = DescriptorOf(*found);
  std::erase_if(table.columns, [](const TableColumn& column) {
    return column.is_virtual;
  });
  RETURN_IF_ERROR(RejectedFieldsOf(table).status());
  RETURN_IF_ERROR(CapabilitiesOfSink(table, *context.connectors).status());
  return table;
}

// Of what `table` gives or refuses: by its own option, else the session's.
absl::StatusOr<std::optional<TableDescriptor>> TargetOf(
    const TableDescriptor& table, const BindContext& context) {
  const auto own = table.options.find(kTarget);
  const std::string name = own != table.options.end()
                               ? own->second
                               : context.config->Get(kTarget);
  if (name.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(TableDescriptor target, SinkNamed(name, context));
  const auto mode = table.options.find(kRecords);
  const bool kept = mode == table.options.end() ||
                    absl::EqualsIgnoreCase(mode->second, "quarantine");
  if (!kept) return std::nullopt;
  return target;
}

}  // namespace

void FillErrorMode(const SessionConfig& config, TableDescriptor& table) {
  // The table's own word stands.
  if (config.IsSet(kRecords)) {
    table.options.emplace(kRecords, config.Get(kRecords));
  }
}

absl::StatusOr<std::optional<TableDescriptor>> TargetOfRecords(
    const TableDescriptor& source, const BindContext& context) {
  ASSIGN_OR_RETURN(auto target, TargetOf(source, context));
  if (!target || target->name != source.name) return target;
  const auto own = source.options.find(kTarget);
  // The session's target may well be read: its own bad records go to files.
  if (own == source.options.end()) return std::nullopt;
  return NoTarget(own->second,
                  "is the table itself, which would read them again",
                  "Name another table.");
}

absl::StatusOr<std::optional<TableDescriptor>> TargetOfOutput(
    const TableDescriptor& sink, const BindContext& context) {
  return TargetOf(sink, context);
}

absl::StatusOr<std::optional<TableDescriptor>> TargetOfRows(
    const BindContext& context) {
  const std::string name = context.config->Get(kTarget);
  if (name.empty() ||
      !absl::EqualsIgnoreCase(context.config->Get(kRows), "quarantine")) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(TableDescriptor table, SinkNamed(name, context));
  return table;
}

}  // namespace millrace::sql
