#include "sql/physical/table_use.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::sql {
namespace {

absl::Status CannotBe(const TableDescriptor& table, absl::string_view used) {
  return UserError({.code = "SQL-0201",
                    .what = absl::StrCat("table `", table.name,
                                         "` cannot be ", used),
                    .where = {},
                    .why = absl::StrCat("connector '",
                                        table.options.at("connector"),
                                        "' does not do it"),
                    .fix = {}});
}

}  // namespace

absl::StatusOr<Connector::Capabilities> CapabilitiesOf(
    const TableDescriptor& table, const ConnectorRegistry& connectors) {
  const auto name = table.options.find("connector");
  if (name == table.options.end()) {
    return UserError(
        {.code = "SQL-0200",
         .what = absl::StrCat("table `", table.name, "` has no connector"),
         .where = {},
         .why = {},
         .fix = absl::StrCat("Add WITH ('connector' = '...'): one of ",
                             absl::StrJoin(connectors.ConnectorNames(), ", "),
                             ".")});
  }
  ASSIGN_OR_RETURN(const Connector* connector, connectors.Find(name->second));
  return connector->Describe(table);
}

namespace {

// Metadata columns that the connector has, with the types it gives them.
absl::Status CheckMetadata(const TableDescriptor& table,
                           const Connector::Capabilities& can, bool read) {
  for (const TableColumn& column : table.columns) {
    if (!column.metadata_key) continue;
    std::vector<std::string> keys;
    const TableColumn* known = nullptr;
    for (const TableColumn& one : can.metadata) {
      const std::string& key = one.metadata_key ? *one.metadata_key : one.name;
      if (!read && one.is_virtual) continue;
      keys.push_back(key);
      if (key == *column.metadata_key) known = &one;
    }
    if (known == nullptr) {
      return UserError(
          {.code = "SQL-0203",
           .what = absl::StrCat("column `", column.name, "`: connector '",
                                table.options.at("connector"),
                                read ? "' has no metadata '"
                                     : "' cannot write metadata '",
                                *column.metadata_key, "'"),
           .where = {},
           .why = {},
           .fix = keys.empty()
                      ? (read ? "Leave the column out."
                              : "Declare the column VIRTUAL.")
                      : absl::StrCat("There are: ",
                                     absl::StrJoin(keys, ", "), ".")});
    }
    if (!column.type.EqualsIgnoringNull(known->type)) {
      return UserError(
          {.code = "SQL-0203",
           .what = absl::StrCat("metadata '", *column.metadata_key,
                                "' is of type ", known->type.ToString(),
                                ", column `", column.name, "` of type ",
                                column.type.ToString()),
           .where = {},
           .why = {},
           .fix = absl::StrCat("Declare it ",
                               known->type.AsNullable().ToString(), ".")});
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Connector::Capabilities> CapabilitiesOfSource(
    const TableDescriptor& table, const ConnectorRegistry& connectors) {
  ASSIGN_OR_RETURN(Connector::Capabilities can,
                   CapabilitiesOf(table, connectors));
  if (!can.source) return CannotBe(table, "read");
  RETURN_IF_ERROR(CheckMetadata(table, can, /*read=*/true));
  return can;
}

absl::StatusOr<Connector::Capabilities> CapabilitiesOfSink(
    const TableDescriptor& table, const ConnectorRegistry& connectors) {
  ASSIGN_OR_RETURN(Connector::Capabilities can,
                   CapabilitiesOf(table, connectors));
  if (!can.sink) return CannotBe(table, "written");
  RETURN_IF_ERROR(CheckMetadata(table, can, /*read=*/false));
  return can;
}

}  // namespace millrace::sql
