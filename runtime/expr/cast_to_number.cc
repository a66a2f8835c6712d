#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/expr/cast_targets.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/numeric_text.h"

namespace millrace {
namespace {

// Java's narrowing: integers wrap; a real number that is too large becomes the
// nearest INT or BIGINT first, NaN 0.
template <typename To, typename From>
To Convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Step = std::conditional_t<sizeof(To) == 8, int64_t, int32_t>;
    // The limits are powers of two, so exact as From.
    constexpr auto kLow = static_cast<From>(std::numeric_limits<Step>::min());
    if (std::isnan(value)) return 0;
    if (value < kLow) return static_cast<To>(std::numeric_limits<Step>::min());
    if (value >= -kLow) {
      return static_cast<To>(std::numeric_limits<Step>::max());
    }
    return static_cast<To>(static_cast<Step>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename T>
bool Parse(absl::string_view text, T* out) {
  if constexpr (std::is_same_v<T, double>) {
    return ParseDouble(text, out);
  } else if constexpr (std::is_same_v<T, float>) {
    return ParseFloat(text, out);
  } else {
    return ParseInteger(text, out);
  }
}

template <typename To>
std::unique_ptr<Kernel> FromText(const LogicalType& to) {
  return MakeKernel([to](const KernelCall& call) {
    UnaryOrError<To, StringView>(
        call,
        [](const StringView& text, To* out) {
          return Parse(text.view(), out);
        },
        [&to](const StringView& text) { return CannotCast(text.view(), to); });
  });
}

template <typename To>
std::unique_ptr<Kernel> FromDecimal(int scale) {
  return MakeKernel([scale](const KernelCall& call) {
    const DecimalColumn values(*call.args[0]);
    To* const out = call.out->data<To>();
    call.rows.ForEach([&](uint32_t row) {
      const Decimal value{values[row], scale};
      if constexpr (std::is_same_v<To, double>) {
        out[row] = DecimalToDouble(value);
      } else if constexpr (std::is_same_v<To, float>) {
        out[row] = DecimalToFloat(value);
      } else {
        out[row] = static_cast<To>(TruncateToInt64(value));
      }
    });
  });
}

template <typename To>
std::unique_ptr<Kernel> ToNumber(const LogicalType& from,
                                 const LogicalType& to) {
  if (from.IsCharacter()) return FromText<To>(to);
  if (from.Is(TypeRoot::kDecimal)) return FromDecimal<To>(from.scale());
  if (from.Is(TypeRoot::kBoolean)) {
    return MakeKernel([](const KernelCall& call) {
      UnaryLoop<To, uint8_t>(
          call, [](uint8_t value) { return static_cast<To>(value); });
    });
  }
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(from.physical(), [&](auto form) {
    using From = decltype(form);
    kernel = MakeKernel([](const KernelCall& call) {
      UnaryLoop<To, From>(
          call, [](From value) { return Convert<To, From>(value); });
    });
  });
  return kernel;
}

std::unique_ptr<Kernel> ToBoolean(const LogicalType& from,
                                  const LogicalType& to) {
  if (from.IsCharacter()) {
    return MakeKernel([to](const KernelCall& call) {
      UnaryOrError<uint8_t, StringView>(
          call,
          [](const StringView& text, uint8_t* out) {
            bool value = false;
            if (!ParseBoolean(text.view(), &value)) return false;
            *out = value ? 1 : 0;
            return true;
          },
          [&to](const StringView& text) {
            return CannotCast(text.view(), to);
          });
    });
  }
  if (from.Is(TypeRoot::kDecimal)) {
    return MakeKernel([](const KernelCall& call) {
      const DecimalColumn values(*call.args[0]);
      call.rows.ForEach([&](uint32_t row) {
        call.out->data<uint8_t>()[row] = values[row] != 0;
      });
    });
  }
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(from.physical(), [&](auto form) {
    using From = decltype(form);
    kernel = MakeKernel([](const KernelCall& call) {
      UnaryLoop<uint8_t, From>(
          call, [](From value) -> uint8_t { return value != 0; });
    });
  });
  return kernel;
}

}  // namespace

std::unique_ptr<Kernel> CastToNumber(const LogicalType& from,
                                     const LogicalType& to) {
  if (to.Is(TypeRoot::kBoolean)) return ToBoolean(from, to);
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(to.physical(), [&](auto form) {
    kernel = ToNumber<decltype(form)>(from, to);
  });
  return kernel;
}

}  // namespace millrace
