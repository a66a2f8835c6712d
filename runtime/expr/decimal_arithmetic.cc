#include "runtime/expr/arithmetic.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

// The result type derived for a sum or product holds every result exactly as
// long as its digits were not cut to 38: then nothing can overflow and the
// loops below need no check.
bool IsExact(const LogicalType& result) {
  return result.precision() < kMaxDecimalDigits;
}

template <typename A, typename B, typename Out>
std::unique_ptr<Kernel> ExactSum(Out factor_a, Out factor_b) {
  return MakeKernel([=](const KernelCall& call) {
    BinaryLoop<Out, A, B>(call, [=](A a, B b) {
      return static_cast<Out>(a * factor_a + b * factor_b);
    });
  });
}

template <typename A, typename B, typename Out>
std::unique_ptr<Kernel> ExactProduct() {
  return MakeKernel([](const KernelCall& call) {
    BinaryLoop<Out, A, B>(call, [](A a, B b) {
      return static_cast<Out>(static_cast<Out>(a) * b);
    });
  });
}

template <typename A, typename B, typename Out>
std::unique_ptr<Kernel> ExactKernel(Arithmetic operation, int up_a,
                                    int up_b) {
  if (operation == Arithmetic::kMultiply) return ExactProduct<A, B, Out>();
  const auto factor_a = static_cast<Out>(PowerOfTen(up_a));
  const auto factor_b = static_cast<Out>(PowerOfTen(up_b));
  return ExactSum<A, B, Out>(
      factor_a, operation == Arithmetic::kAdd ? factor_b : -factor_b);
}

std::unique_ptr<Kernel> MakeExact(Arithmetic operation,
                                  const LogicalType& left,
                                  const LogicalType& right,
                                  const LogicalType& result) {
  const bool product = operation == Arithmetic::kMultiply;
  const int up_a = product ? 0 : result.scale() - left.scale();
  const int up_b = product ? 0 : result.scale() - right.scale();
  if (result.physical() == PhysicalType::kInt64) {
    return ExactKernel<int64_t, int64_t, int64_t>(operation, up_a, up_b);
  }
  const bool wide_a = left.physical() == PhysicalType::kInt128;
  const bool wide_b = right.physical() == PhysicalType::kInt128;
  if (wide_a && wide_b) {
    return ExactKernel<Int128, Int128, Int128>(operation, up_a, up_b);
  }
  if (wide_a) {
    return ExactKernel<Int128, int64_t, Int128>(operation, up_a, up_b);
  }
  if (wide_b) {
    return ExactKernel<int64_t, Int128, Int128>(operation, up_a, up_b);
  }
  return ExactKernel<int64_t, int64_t, Int128>(operation, up_a, up_b);
}

bool Compute(Arithmetic operation, Decimal a, Decimal b, DecimalForm form,
             Int128* out) {
  switch (operation) {
    case Arithmetic::kAdd: return Add(a, b, form, out);
    case Arithmetic::kSubtract:
      return Add(a, {-b.unscaled, b.scale}, form, out);
    case Arithmetic::kMultiply: return Multiply(a, b, form, out);
    case Arithmetic::kDivide: return Divide(a, b, form, out);
    case Arithmetic::kModulo: return Modulo(a, b, form, out);
  }
  return false;
}

}  // namespace

std::unique_ptr<Kernel> MakeDecimalArithmetic(Arithmetic operation,
                                              const LogicalType& left,
                                              const LogicalType& right,
                                              const LogicalType& result) {
  const bool divides = operation >= Arithmetic::kDivide;
  if (!divides && IsExact(result)) {
    return MakeExact(operation, left, right, result);
  }
  const DecimalForm form{result.precision(), result.scale()};
  const int scale_a = left.scale();
  const int scale_b = right.scale();
  return MakeKernel([=](const KernelCall& call) {
    const DecimalColumn a(*call.args[0]);
    const DecimalColumn b(*call.args[1]);
    call.rows.ForEach([&](uint32_t row) {
      const Decimal right_value{b[row], scale_b};
      if (divides && right_value.unscaled == 0) [[unlikely]] {
        StoreDecimal(*call.out, row, 0);
        return FailRow(call, row, DivisionByZero());
      }
      Int128 value = 0;
      if (!Compute(operation, {a[row], scale_a}, right_value, form, &value)) {
        value = 0;
        call.out->SetNull(row);
      }
      StoreDecimal(*call.out, row, value);
    });
  });
}

}  // namespace millrace
