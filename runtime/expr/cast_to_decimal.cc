#include <type_traits>
#include <utility>

#include "runtime/expr/cast_targets.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

DecimalForm FormOf(const LogicalType& type) {
  return {type.precision(), type.scale()};
}

// True where every value of `from` lies in `to` without rounding.
bool Widens(DecimalForm from, DecimalForm to) {
  return to.scale >= from.scale &&
         to.precision - to.scale >= from.precision - from.scale;
}

// No value overflows: multiply and be done.
template <typename From>
std::unique_ptr<Kernel> ScaleUpKernel(PhysicalType to, int places) {
  if constexpr (!std::is_same_v<From, Int128>) {
    if (to == PhysicalType::kInt64) {
      return MakeKernel(
          [factor = PowerOfTen64(places)](const KernelCall& call) {
            UnaryLoop<int64_t, From>(
                call, [factor](From value) { return value * factor; });
          });
    }
  }
  return MakeKernel([factor = PowerOfTen(places)](const KernelCall& call) {
    UnaryLoop<Int128, From>(
        call, [factor](From value) { return Int128{value} * factor; });
  });
}

// `convert(row, &unscaled)`: NULL where it says false.
template <typename MakeConvert>
std::unique_ptr<Kernel> OrNull(MakeConvert make_convert) {
  return MakeKernel([make_convert](const KernelCall& call) {
    const auto convert = make_convert(*call.args[0]);
    call.rows.ForEach([&](uint32_t row) {
      Int128 value = 0;
      if (!convert(row, &value)) {
        value = 0;
        call.out->SetNull(row);
      }
      StoreDecimal(*call.out, row, value);
    });
  });
}

std::unique_ptr<Kernel> FromDecimal(const LogicalType& from, DecimalForm to) {
  return OrNull([to, scale = from.scale()](const Vector& vector) {
    return [to, scale, values = DecimalColumn(vector)](uint32_t row,
                                                       Int128* out) {
      return Rescale(values[row], scale, to, out);
    };
  });
}

template <typename From>
std::unique_ptr<Kernel> FromNumber(DecimalForm to) {
  return OrNull([to](const Vector& vector) {
    return [to, values = Column<From>(vector)](uint32_t row, Int128* out) {
      if constexpr (std::is_integral_v<From>) {
        return DecimalFromInt64(values[row], to, out);
      } else {
        return DecimalFromDouble(values[row], to, out);
      }
    };
  });
}

std::unique_ptr<Kernel> FromText(const LogicalType& to) {
  return MakeKernel([to](const KernelCall& call) {
    const Column<StringView> texts(*call.args[0]);
    call.rows.ForEach([&](uint32_t row) {
      const absl::string_view text = texts[row].view();
      Int128 value = 0;
      if (!ParseDecimal(text, FormOf(to), &value)) [[unlikely]] {
        value = 0;
        FailRow(call, row, CannotCast(text, to));
      }
      StoreDecimal(*call.out, row, value);
    });
  });
}

}  // namespace

std::unique_ptr<Kernel> CastToDecimal(const LogicalType& from,
                                      const LogicalType& to) {
  const DecimalForm form = FormOf(to);
  if (from.IsCharacter()) return FromText(to);
  if (from.Is(TypeRoot::kBoolean)) return FromNumber<uint8_t>(form);
  const bool exact = !from.IsApproximate();
  if (exact && Widens(DecimalFormOf(from), form)) {
    const int places = form.scale - DecimalFormOf(from).scale;
    if (from.physical() == PhysicalType::kInt128) {
      return ScaleUpKernel<Int128>(to.physical(), places);
    }
    std::unique_ptr<Kernel> kernel;
    VisitNumeric(from.physical(), [&](auto value) {
      using From = decltype(value);
      if constexpr (std::is_integral_v<From>) {
        kernel = ScaleUpKernel<From>(to.physical(), places);
      }
    });
    return kernel;
  }
  if (from.Is(TypeRoot::kDecimal)) return FromDecimal(from, form);
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(from.physical(), [&](auto value) {
    kernel = FromNumber<decltype(value)>(form);
  });
  return kernel;
}

}  // namespace millrace
