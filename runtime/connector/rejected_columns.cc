#include "runtime/connector/rejected_columns.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// The columns as a person would declare them.
std::string Declarations() {
  return absl::StrJoin(
      RejectedColumns(), ", ",
      [](std::string* out, const RejectedColumn& column) {
        absl::StrAppend(out, "`", column.name, "` ",
                        column.type.AsNullable().ToString());
      });
}

absl::Status DoesNotFit(const TableDescriptor& table, std::string what) {
  return UserError(
      {.code = "SQL-0211",
       .what = absl::StrCat("table `", table.name,
                            "` cannot keep bad records: ", what),
       .where = {},
       .why = {},
       .fix = absl::StrCat("Give it some of these columns: ", Declarations(),
                           ".")});
}

absl::StatusOr<RejectedField> FieldOf(const TableDescriptor& table,
                                      const TableColumn& column) {
  const std::span<const RejectedColumn> known = RejectedColumns();
  size_t at = 0;
  while (at < known.size() && known[at].name != column.name) ++at;
  if (at == known.size()) {
    return DoesNotFit(table, absl::StrCat("nothing of them is called `",
                                          column.name, "`"));
  }
  if (!column.type.EqualsIgnoringNull(known[at].type)) {
    return DoesNotFit(
        table, absl::StrCat("column `", column.name, "` is ",
                            column.type.AsNullable().ToString(), " and not ",
                            known[at].type.AsNullable().ToString()));
  }
  if (!column.type.nullable() && known[at].type.nullable()) {
    return DoesNotFit(table,
                      absl::StrCat("column `", column.name,
                                   "` is NOT NULL, and there is not always a "
                                   "value"));
  }
  return static_cast<RejectedField>(at);
}

}  // namespace

std::span<const RejectedColumn> RejectedColumns() {
  static const auto& columns = *new std::vector<RejectedColumn>{
      {"time", LogicalType::TimestampLtz(3).NotNull()},
      {"job", LogicalType::String().NotNull()},
      {"attempt", LogicalType::BigInt().NotNull()},
      {"operator", LogicalType::String().NotNull()},
      {"code", LogicalType::String().NotNull()},
      {"message", LogicalType::String().NotNull()},
      {"origin", LogicalType::String()},
      {"source", LogicalType::String()},
      {"partition", LogicalType::Integer()},
      {"position", LogicalType::BigInt()},
      {"expression", LogicalType::String()},
      {"raw", LogicalType::Bytes()},
      {"raw_text", LogicalType::String()},
      {"key", LogicalType::Bytes()},
      {"bad_part", LogicalType::String()},
      {"record_time", LogicalType::TimestampLtz(3)},
      {"headers",
       LogicalType::Map(LogicalType::String(), LogicalType::Bytes())},
      {"raw_size", LogicalType::BigInt()},
      {"raw_hash", LogicalType::String()}};
  return columns;
}

absl::StatusOr<std::vector<RejectedField>> RejectedFieldsOf(
    const TableDescriptor& table) {
  std::vector<RejectedField> fields;
  for (const TableColumn& column : table.columns) {
    if (column.is_virtual) continue;
    ASSIGN_OR_RETURN(const RejectedField field, FieldOf(table, column));
    fields.push_back(field);
  }
  return fields;
}

}  // namespace millrace
