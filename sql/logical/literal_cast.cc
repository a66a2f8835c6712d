#include "sql/logical/literal_cast.h"

#include <cmath>
#include <utility>

#include "runtime/types/decimal.h"

namespace millrace::sql {
namespace {

std::optional<Int128> WholeOf(const Value& value) {
  if (const auto* whole = std::get_if<int64_t>(&value.data)) return *whole;
  if (const auto* wide = std::get_if<__int128>(&value.data)) return *wide;
  return std::nullopt;
}

bool FitsInteger(Int128 value, TypeRoot root) {
  switch (root) {
    case TypeRoot::kTinyInt: return value == static_cast<int8_t>(value);
    case TypeRoot::kSmallInt: return value == static_cast<int16_t>(value);
    case TypeRoot::kInteger: return value == static_cast<int32_t>(value);
    default: return value == static_cast<int64_t>(value);
  }
}

std::optional<Value> FoldToDecimal(Int128 unscaled, int from_scale,
                                   const LogicalType& to) {
  if (to.scale() < from_scale) return std::nullopt;
  const int shift = to.scale() - from_scale;
  if (CountDigits(unscaled) + shift > to.precision()) return std::nullopt;
  unscaled *= PowerOfTen(shift);
  if (to.physical() == PhysicalType::kInt64) {
    return Value::Int(static_cast<int64_t>(unscaled));
  }
  return Value::Int128(unscaled);
}

// Exact where the digits and the power of ten are.
std::optional<Value> FoldToDouble(Int128 unscaled, int scale) {
  constexpr Int128 kExact = Int128{1} << 53;
  if (unscaled > kExact || unscaled < -kExact || scale > 22) {
    return std::nullopt;
  }
  return Value::Double(static_cast<double>(unscaled) / std::pow(10.0, scale));
}

std::optional<Value> FoldNumber(const Value& value, const LogicalType& from,
                                const LogicalType& to) {
  const auto unscaled = WholeOf(value);
  if (!unscaled) return std::nullopt;
  const int scale = from.Is(TypeRoot::kDecimal) ? from.scale() : 0;
  if (to.Is(TypeRoot::kDecimal)) return FoldToDecimal(*unscaled, scale, to);
  if (to.Is(TypeRoot::kDouble)) return FoldToDouble(*unscaled, scale);
  if (to.IsIntegral() && scale == 0 && FitsInteger(*unscaled, to.root())) {
    return Value::Int(static_cast<int64_t>(*unscaled));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Value> FoldLiteralCast(const Value& value,
                                     const LogicalType& from,
                                     const LogicalType& to) {
  if (value.is_null()) return Value::Null();
  if ((from.IsIntegral() || from.Is(TypeRoot::kDecimal)) && to.IsNumeric()) {
    return FoldNumber(value, from, to);
  }
  const bool longer_text =
      (from.IsCharacter() && to.Is(TypeRoot::kVarChar)) ||
      (from.IsBinary() && to.Is(TypeRoot::kVarBinary));
  if (longer_text && to.length() >= from.length()) return value;
  const bool same_ticks = from.root() == to.root() &&
                          from.Is(TypeRoot::kTimestamp) &&
                          from.physical() == to.physical() &&
                          to.precision() >= from.precision();
  if (same_ticks && from.precision() <= 3 && to.precision() <= 3) return value;
  return std::nullopt;
}

}  // namespace millrace::sql
