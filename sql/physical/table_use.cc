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

absl::StatusOr<Connector::Capabilities> CapabilitiesOfSource(
    const TableDescriptor& table, const ConnectorRegistry& connectors) {
  ASSIGN_OR_RETURN(Connector::Capabilities can,
                   CapabilitiesOf(table, connectors));
  if (!can.source) return CannotBe(table, "read");
  return can;
}

absl::StatusOr<Connector::Capabilities> CapabilitiesOfSink(
    const TableDescriptor& table, const ConnectorRegistry& connectors) {
  ASSIGN_OR_RETURN(Connector::Capabilities can,
                   CapabilitiesOf(table, connectors));
  if (!can.sink) return CannotBe(table, "written");
  return can;
}

}  // namespace millrace::sql
