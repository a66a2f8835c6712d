#include "runtime/expr/type_coercion.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/error.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

bool AllFields(const LogicalType& from, const LogicalType& to,
               bool (*allowed)(const LogicalType&, const LogicalType&)) {
  const auto& a = from.fields();
  const auto& b = to.fields();
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!allowed(a[i].type, b[i].type)) return false;
  }
  return true;
}

bool IsZonelessTime(const LogicalType& type) {
  return type.Is(TypeRoot::kDate) || type.Is(TypeRoot::kTimestamp);
}

LogicalType Longer(const LogicalType& a, const LogicalType& b, bool text) {
  const int length = std::max(a.length(), b.length());
  const TypeRoot fixed = text ? TypeRoot::kChar : TypeRoot::kBinary;
  if (a.Is(fixed) && b.Is(fixed) && a.length() == b.length()) return a;
  return text ? LogicalType::VarChar(length) : LogicalType::VarBinary(length);
}

std::optional<LogicalType> CommonNumber(const LogicalType& a,
                                        const LogicalType& b) {
  if (a.IsApproximate() || b.IsApproximate()) {
    const bool wide = a.Is(TypeRoot::kDouble) || b.Is(TypeRoot::kDouble) ||
                      a.Is(TypeRoot::kDecimal) || b.Is(TypeRoot::kDecimal);
    return wide ? LogicalType::Double() : LogicalType::Float();
  }
  if (a.Is(TypeRoot::kDecimal) || b.Is(TypeRoot::kDecimal)) {
    return DecimalOf(CommonForm(DecimalFormOf(a), DecimalFormOf(b)));
  }
  return a.root() > b.root() ? a : b;
}

std::optional<LogicalType> CommonTime(const LogicalType& a,
                                      const LogicalType& b) {
  if (a.root() == b.root()) return a.precision() >= b.precision() ? a : b;
  if (a.Is(TypeRoot::kTime) || b.Is(TypeRoot::kTime)) return std::nullopt;
  const int precision = std::max(a.IsTimestamp() ? a.precision() : 0,
                                 b.IsTimestamp() ? b.precision() : 0);
  if (IsZonelessTime(a) && IsZonelessTime(b)) {
    return LogicalType::Timestamp(precision);
  }
  return LogicalType::TimestampLtz(precision);
}

std::optional<LogicalType> CommonNested(const LogicalType& a,
                                        const LogicalType& b) {
  if (a.root() != b.root() || a.fields().size() != b.fields().size()) {
    return std::nullopt;
  }
  std::vector<RowField> fields = a.fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto common = CommonType(fields[i].type, b.fields()[i].type);
    if (!common) return std::nullopt;
    fields[i].type = *common;
  }
  switch (a.root()) {
    case TypeRoot::kRow: return LogicalType::Row(std::move(fields));
    case TypeRoot::kArray: return LogicalType::Array(fields[0].type);
    case TypeRoot::kMap:
      return LogicalType::Map(fields[0].type, fields[1].type);
    default: return LogicalType::Multiset(fields[0].type);
  }
}

std::optional<LogicalType> CommonIgnoringNull(const LogicalType& a,
                                              const LogicalType& b) {
  if (a.Is(TypeRoot::kNull)) return b;
  if (b.Is(TypeRoot::kNull) || a == b) return a;
  if (a.IsNumeric() && b.IsNumeric()) return CommonNumber(a, b);
  if (a.IsCharacter() && b.IsCharacter()) return Longer(a, b, true);
  if (a.IsBinary() && b.IsBinary()) return Longer(a, b, false);
  if (a.IsTemporal() && b.IsTemporal()) return CommonTime(a, b);
  if (a.IsNested() && b.IsNested()) return CommonNested(a, b);
  if (a.root() == b.root()) return a;
  return std::nullopt;
}

}  // namespace

bool CanImplicitlyCast(const LogicalType& from, const LogicalType& to) {
  if (from.Is(TypeRoot::kNull)) return true;
  switch (to.root()) {
    case TypeRoot::kTinyInt:
    case TypeRoot::kSmallInt:
    case TypeRoot::kInteger:
    case TypeRoot::kBigInt:
      return from.IsIntegral() && from.root() <= to.root();
    case TypeRoot::kFloat:
      return from.IsNumeric() && !from.Is(TypeRoot::kDouble);
    case TypeRoot::kDouble:
    case TypeRoot::kDecimal: return from.IsNumeric();
    case TypeRoot::kVarChar: return from.IsCharacter();
    case TypeRoot::kVarBinary: return from.IsBinary();
    case TypeRoot::kDate:
    case TypeRoot::kTime:
      return from.root() == to.root() || from.Is(TypeRoot::kTimestamp);
    case TypeRoot::kTimestamp:
    case TypeRoot::kTimestampLtz:
      return from.IsTimestamp() || from.Is(TypeRoot::kDate);
    case TypeRoot::kArray:
    case TypeRoot::kMap:
    case TypeRoot::kMultiset:
    case TypeRoot::kRow:
      return from.root() == to.root() &&
             AllFields(from, to, CanImplicitlyCast);
    default: return from.root() == to.root();
  }
}

bool CanStore(const LogicalType& from, const LogicalType& to) {
  return CanImplicitlyCast(from, to);
}

bool IsSameRepresentation(const LogicalType& from, const LogicalType& to) {
  if (from.IsCharacter() && to.Is(TypeRoot::kVarChar)) {
    return from.length() <= to.length();
  }
  if (from.IsBinary() && to.Is(TypeRoot::kVarBinary)) {
    return from.length() <= to.length();
  }
  if (from.root() != to.root()) return false;
  if (from.IsNested()) return AllFields(from, to, IsSameRepresentation);
  if (from.Is(TypeRoot::kDecimal)) {
    return from.scale() == to.scale() && from.precision() <= to.precision() &&
           from.physical() == to.physical();
  }
  if (from.IsTimestamp()) {
    const bool millis = from.precision() <= 3 && to.precision() <= 3;
    const bool micros = from.precision() > 3 && to.precision() > 3;
    return from.precision() <= to.precision() && (millis || micros) &&
           from.physical() == to.physical();
  }
  return from.Is(TypeRoot::kTime) || from.length() == to.length();
}

std::optional<LogicalType> CommonType(const LogicalType& a,
                                      const LogicalType& b) {
  const auto common = CommonIgnoringNull(a.NotNull(), b.NotNull());
  if (!common) return std::nullopt;
  const bool null = a.Is(TypeRoot::kNull) || b.Is(TypeRoot::kNull);
  return common->WithNullable(a.nullable() || b.nullable() || null);
}

std::optional<LogicalType> CommonType(std::span<const LogicalType> types) {
  std::optional<LogicalType> common = types[0];
  for (const LogicalType& type : types.subspan(1)) {
    common = CommonType(*common, type);
    if (!common) return std::nullopt;
  }
  return common;
}

absl::Status NoCommonType(absl::string_view where,
                          std::span<const LogicalType> types) {
  return UserError(
      {.code = "SQL-0103",
       .what = absl::StrCat(
           "`", where, "` mixes types that have no common one: ",
           absl::StrJoin(types, ", ",
                         [](std::string* out, const LogicalType& type) {
                           out->append(type.ToString());
                         })),
       .fix = "Bring them to one type, for example CAST(x AS STRING)."});
}

}  // namespace millrace
