#include "runtime/expr/aggregate_signature.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/signature.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

bool IsOrdered(const LogicalType& type) {
  return !type.IsNested() && !type.IsBinary() && !type.Is(TypeRoot::kNull);
}

absl::Status Mismatch(const AggregateTyping& call, absl::string_view name,
                      absl::string_view parameter) {
  std::vector<ArgumentInfo> args;
  for (const LogicalType& type : call.args) args.push_back({.type = type});
  return SignatureMismatch(name, absl::StrCat(name, "(", parameter, ")"),
                           args);
}

}  // namespace

absl::StatusOr<LogicalType> AggregateResultType(const AggregateTyping& call) {
  const std::string name = absl::AsciiStrToUpper(call.name);
  if (name == "COUNT") return LogicalType::BigInt().NotNull();
  const bool sums = name == "SUM" || name == "SUM0" || name == "$SUM0";
  if (!sums && name != "AVG" && name != "MIN" && name != "MAX") {
    return UserError({.code = "SQL-0104",
                      .what = absl::StrCat("no aggregate `", name, "`"),
                      .fix = "COUNT, SUM, AVG, MIN and MAX are built."});
  }
  if (call.args.size() != 1) return Mismatch(call, name, "value");
  const LogicalType& argument = call.args[0];
  const bool nullable = argument.nullable() || !call.grouped;
  if (name == "MIN" || name == "MAX") {
    if (!IsOrdered(argument)) return Mismatch(call, name, "comparable value");
    return argument.WithNullable(nullable);
  }
  if (!argument.IsNumeric()) return Mismatch(call, name, "number");
  LogicalType result = argument;
  if (argument.Is(TypeRoot::kDecimal)) {
    const DecimalForm form = DecimalFormOf(argument);
    result = DecimalOf(sums ? SumForm(form) : AverageForm(form));
  }
  return result.WithNullable(nullable && name != "SUM0" && name != "$SUM0");
}

}  // namespace millrace
