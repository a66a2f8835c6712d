#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "runtime/base/error.h"
#include "runtime/expr/arithmetic.h"
#include "runtime/expr/constant_divisor.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

// The unsigned type in which T's arithmetic wraps without undefined behaviour.
template <typename T>
using Wrapping = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <typename T>
std::unique_ptr<Kernel> WrappingKernel(Arithmetic operation) {
  using U = Wrapping<T>;
  switch (operation) {
    case Arithmetic::kAdd:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) {
          return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
        });
      });
    case Arithmetic::kSubtract:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) {
          return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
        });
      });
    default:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) {
          return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
        });
      });
  }
}

template <typename T>
bool DivideInto(T a, T b, T* out) {
  if (b == 0) return false;
  // The least number by -1 wraps to itself; the machine would trap.
  *out = b == -1 ? static_cast<T>(-static_cast<Wrapping<T>>(a))
                 : static_cast<T>(a / b);
  return true;
}

template <typename T, typename Out>
bool ModuloInto(T a, T b, Out* out) {
  if (b == 0) return false;
  *out = b == -1 ? Out{0} : static_cast<Out>(a % b);
  return true;
}

template <typename T>
std::unique_ptr<Kernel> DivideKernel(const ConstantDivisor* known) {
  if (known != nullptr) {
    return MakeKernel([known = *known](const KernelCall& call) {
      UnaryLoop<T, T>(call, [&known](T value) {
        return static_cast<T>(known.Divide(value));
      });
    });
  }
  return MakeKernel([](const KernelCall& call) {
    BinaryOrError<T, T, T>(
        call, [](T a, T b, T* out) { return DivideInto(a, b, out); },
        [](T, T) { return DivisionByZero(); });
  });
}

template <typename T, typename Out>
std::unique_ptr<Kernel> ModuloKernel(const ConstantDivisor* known) {
  if (known != nullptr) {
    return MakeKernel([known = *known](const KernelCall& call) {
      UnaryLoop<Out, T>(call, [&known](T value) {
        return static_cast<Out>(known.Modulo(value));
      });
    });
  }
  return MakeKernel([](const KernelCall& call) {
    BinaryOrError<Out, T, T>(
        call, [](T a, T b, Out* out) { return ModuloInto(a, b, out); },
        [](T, T) { return DivisionByZero(); });
  });
}

template <typename T>
std::unique_ptr<Kernel> IntegerKernel(Arithmetic operation,
                                      PhysicalType result,
                                      const Value* divisor) {
  if (operation < Arithmetic::kDivide) return WrappingKernel<T>(operation);
  std::optional<ConstantDivisor> constant;
  if (divisor != nullptr && !divisor->is_null()) {
    const int64_t value = std::get<int64_t>(divisor->data);
    const bool plain = value > 1 || value < -1;
    if (plain && value != std::numeric_limits<int64_t>::min()) {
      constant.emplace(value);
    }
  }
  const ConstantDivisor* known = constant ? &*constant : nullptr;
  if (operation == Arithmetic::kDivide) return DivideKernel<T>(known);
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(result, [&](auto form) {
    using Out = decltype(form);
    if constexpr (std::is_integral_v<Out> && sizeof(Out) <= sizeof(T)) {
      kernel = ModuloKernel<T, Out>(known);
    }
  });
  return kernel;
}

template <typename T>
std::unique_ptr<Kernel> RealKernel(Arithmetic operation) {
  switch (operation) {
    case Arithmetic::kAdd:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) { return a + b; });
      });
    case Arithmetic::kSubtract:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) { return a - b; });
      });
    case Arithmetic::kMultiply:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) { return a * b; });
      });
    case Arithmetic::kDivide:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) { return a / b; });
      });
    case Arithmetic::kModulo:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<T, T, T>(call, [](T a, T b) { return std::fmod(a, b); });
      });
  }
  return nullptr;
}

}  // namespace

absl::Status DivisionByZero() {
  return UserError({.code = "EXP-0001",
                    .what = "division by zero",
                    .fix = "NULLIF(divisor, 0) gives NULL instead."});
}

std::unique_ptr<Kernel> MakeNumericArithmetic(Arithmetic operation,
                                              const LogicalType& operand,
                                              const LogicalType& result,
                                              const Value* divisor) {
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(operand.physical(), [&](auto form) {
    using T = decltype(form);
    if constexpr (std::is_integral_v<T>) {
      kernel = IntegerKernel<T>(operation, result.physical(), divisor);
    } else {
      kernel = RealKernel<T>(operation);
    }
  });
  return kernel;
}

}  // namespace millrace
