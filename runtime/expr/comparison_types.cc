#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/cast.h"
#include "runtime/expr/comparison.h"
#include "runtime/expr/type_coercion.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

using Pair = std::optional<std::pair<LogicalType, LogicalType>>;

Pair Both(const LogicalType& type, const LogicalType& left,
          const LogicalType& right) {
  return std::pair{type.WithNullable(left.nullable()),
                   type.WithNullable(right.nullable())};
}

LogicalType AsDecimal(const LogicalType& type) {
  return DecimalOf(DecimalFormOf(type)).WithNullable(type.nullable());
}

// One form where it holds both sides exactly; else each keeps its own and the
// kernel compares across scales.
Pair ComparableDecimals(const LogicalType& left, const LogicalType& right) {
  const DecimalForm a = DecimalFormOf(left);
  const DecimalForm b = DecimalFormOf(right);
  const DecimalForm common = CommonForm(a, b);
  if (common.scale >= a.scale && common.scale >= b.scale) {
    return Both(DecimalOf(common), left, right);
  }
  return std::pair{AsDecimal(left), AsDecimal(right)};
}

Pair ComparableNumbers(const LogicalType& left, const LogicalType& right) {
  const bool approximate = left.IsApproximate() || right.IsApproximate();
  const bool decimal =
      left.Is(TypeRoot::kDecimal) || right.Is(TypeRoot::kDecimal);
  if (decimal && !approximate) return ComparableDecimals(left, right);
  LogicalType common = *CommonType(left, right);
  // The narrow integers have no kernels of their own.
  if (common.root() < TypeRoot::kInteger) common = LogicalType::Integer();
  return Both(common, left, right);
}

absl::StatusOr<LogicalType> TimeOfText(const ArgumentInfo& text,
                                       const LogicalType& time) {
  if (text.literal == nullptr || text.literal->is_null()) {
    return text.literal == nullptr ? text.type : time.AsNullable();
  }
  if (!TextIsValueOf(*text.literal, time)) {
    return UserError(
        {.code = "SQL-0105",
         .what = absl::StrCat("'", std::get<std::string>(text.literal->data),
                              "' is no ", time.AsNullable().ToString()),
         .fix = "Dates are written '2024-02-29', times '12:34:56', "
                "timestamps '2024-02-29 12:34:56.789'."});
  }
  return time.WithNullable(text.type.nullable());
}

}  // namespace

absl::StatusOr<Pair> ComparableTypes(const ArgumentInfo& left,
                                     const ArgumentInfo& right) {
  const LogicalType& a = left.type;
  const LogicalType& b = right.type;
  if (a.Is(TypeRoot::kNull)) return Both(b, a, b);
  if (b.Is(TypeRoot::kNull)) return Both(a, a, b);
  if (a.IsNumeric() && b.IsNumeric()) return ComparableNumbers(a, b);
  if ((a.IsCharacter() && b.IsCharacter()) ||
      (a.IsBinary() && b.IsBinary())) {
    return std::pair{a, b};
  }
  if (a.IsCharacter() && b.IsTemporal()) {
    ASSIGN_OR_RETURN(const LogicalType text, TimeOfText(left, b));
    return std::pair{text, b};
  }
  if (a.IsTemporal() && b.IsCharacter()) {
    ASSIGN_OR_RETURN(const LogicalType text, TimeOfText(right, a));
    return std::pair{a, text};
  }
  const auto common = CommonType(a, b);
  if (!common) return Pair();
  return Both(*common, a, b);
}

}  // namespace millrace
