#include "runtime/types/decimal_type_rules.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace millrace {
namespace {

// A scale of up to this many digits is kept when 38 do not suffice.
constexpr int kMinAdjustedScale = 6;

int IntegerDigits(DecimalForm form) { return form.precision - form.scale; }

DecimalForm Adjust(DecimalForm form) {
  if (form.precision <= kMaxDecimalDigits) return form;
  const int floor = std::min(form.scale, kMinAdjustedScale);
  return {kMaxDecimalDigits,
          std::max(kMaxDecimalDigits - IntegerDigits(form), floor)};
}

}  // namespace

DecimalForm DecimalFormOf(const LogicalType& type) {
  switch (type.root()) {
    case TypeRoot::kTinyInt: return {3, 0};
    case TypeRoot::kSmallInt: return {5, 0};
    case TypeRoot::kInteger: return {10, 0};
    case TypeRoot::kBigInt: return {19, 0};
    default:
      MILLRACE_CHECK(type.Is(TypeRoot::kDecimal));
      return {type.precision(), type.scale()};
  }
}

DecimalForm AddForm(DecimalForm a, DecimalForm b) {
  const int scale = std::max(a.scale, b.scale);
  const int digits = std::max(IntegerDigits(a), IntegerDigits(b));
  return Adjust({digits + scale + 1, scale});
}

DecimalForm MultiplyForm(DecimalForm a, DecimalForm b) {
  return Adjust({a.precision + b.precision + 1, a.scale + b.scale});
}

DecimalForm DivideForm(DecimalForm a, DecimalForm b) {
  const int scale = std::max(kMinAdjustedScale, a.scale + b.precision + 1);
  return Adjust({IntegerDigits(a) + b.scale + scale, scale});
}

DecimalForm ModuloForm(DecimalForm a, DecimalForm b) {
  const int scale = std::max(a.scale, b.scale);
  return Adjust(
      {std::min(IntegerDigits(a), IntegerDigits(b)) + scale, scale});
}

DecimalForm CommonForm(DecimalForm a, DecimalForm b) {
  const int digits = std::max(IntegerDigits(a), IntegerDigits(b));
  const int scale =
      std::min(std::max(a.scale, b.scale), kMaxDecimalDigits - digits);
  return {digits + scale, scale};
}

DecimalForm SumForm(DecimalForm argument) {
  return {kMaxDecimalDigits, argument.scale};
}

DecimalForm AverageForm(DecimalForm argument) {
  // The sum divided by a count of DECIMAL(20, 0).
  return DivideForm(SumForm(argument), {20, 0});
}

DecimalForm RoundForm(DecimalForm argument, int places) {
  if (places >= argument.scale) return argument;
  // Rounding up may add a digit: 9.9 becomes 10.
  const int digits = IntegerDigits(argument) + 1;
  if (places < 0) return {std::min(kMaxDecimalDigits, digits), 0};
  return {digits + places, places};
}

DecimalForm FloorForm(DecimalForm argument) {
  return {argument.precision, 0};
}

}  // namespace millrace
