// ABS, SIGN: of every numeric type, and of that type.

#include <cmath>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_math.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

Resolver SameNumber(absl::string_view name) {
  return [name = std::string(name)](std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    if (args.size() == 1 && args[0].type.IsNumeric()) {
      return ResolvedCall{{args[0].type}, args[0].type};
    }
    if (args.size() == 1 && args[0].type.Is(TypeRoot::kNull)) {
      const LogicalType type = LogicalType::Integer();
      return ResolvedCall{{type}, type};
    }
    return SignatureMismatch(name, absl::StrCat(name, "(numeric)"), args);
  };
}

// The least integer has no counterpart and stays, as in Java.
template <typename T>
T Absolute(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fabs(value);
  } else {
    using Bits = std::make_unsigned_t<T>;
    return value < 0 ? static_cast<T>(Bits{0} - static_cast<Bits>(value))
                     : value;
  }
}

void AbsKernel(const KernelCall& call) {
  const bool narrow = VisitNumeric(call.out->physical(), [&](auto zero) {
    using T = decltype(zero);
    UnaryLoop<T, T>(call, [](T value) { return Absolute(value); });
  });
  if (!narrow) {
    UnaryLoop<Int128, Int128>(
        call, [](Int128 value) { return value < 0 ? -value : value; });
  }
}

// NaN and the zeros have their own signs.
template <typename T>
T Sign(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return value > 0 ? T{1} : value < 0 ? T{-1} : value;
  } else {
    return static_cast<T>((value > 0) - (value < 0));
  }
}

// 1 at the decimal's scale; NULL where the type has no digit for it.
std::unique_ptr<Kernel> MakeDecimalSign(const LogicalType& type) {
  return MakeKernel([precision = type.precision(),
                     scale = type.scale()](const KernelCall& call) {
    const DecimalColumn value(*call.args[0]);
    call.rows.ForEach([&](uint32_t row) {
      const Int128 sign = Sign(value[row]) * PowerOfTen(scale);
      const bool fits = FitsDecimal(sign, precision);
      if (!fits) call.out->SetNull(row);
      StoreDecimal(*call.out, row, fits ? sign : 0);
    });
  });
}

absl::StatusOr<std::unique_ptr<Kernel>> SignFactory(
    const KernelSource& source) {
  if (source.result.Is(TypeRoot::kDecimal)) {
    return MakeDecimalSign(source.result);
  }
  return MakeKernel([](const KernelCall& call) {
    VisitNumeric(call.out->physical(), [&](auto zero) {
      using T = decltype(zero);
      UnaryLoop<T, T>(call, [](T value) { return Sign(value); });
    });
  });
}

}  // namespace

void RegisterMathSignFunctions(FunctionRegistry& registry) {
  registry.Add(ResolvedEntry(
      "ABS", "ABS(numeric)", SameNumber("ABS"),
      [](const KernelSource&) -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeKernel(AbsKernel);
      }));
  registry.Add(
      ResolvedEntry("SIGN", "SIGN(numeric)", SameNumber("SIGN"), SignFactory));
}

}  // namespace millrace
