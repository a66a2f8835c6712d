// FLOOR, CEIL, ROUND, TRUNCATE. FLOOR and CEIL of times to a unit are of the
// family of dates and times.

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/decimal_digits.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/functions_math.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

// ----- FLOOR, CEIL

Resolver WholeResolver(absl::string_view name) {
  return [name = std::string(name)](std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    if (args.size() == 2) return ResolveTimeRounding(name, args);
    if (args.size() != 1 || !(args[0].type.IsNumeric() ||
                              args[0].type.Is(TypeRoot::kNull))) {
      return SignatureMismatch(
          name,
          absl::StrCat(name, "(numeric)\n", name, "(temporal TO unit)"),
          args);
    }
    LogicalType type = args[0].type;
    if (type.Is(TypeRoot::kNull)) type = LogicalType::Double();
    LogicalType result = type;
    if (type.Is(TypeRoot::kDecimal)) {
      result = DecimalOf(FloorForm(DecimalFormOf(type)))
                   .WithNullable(type.nullable());
    }
    return ResolvedCall{{type}, result};
  };
}

Made WholeFactory(const KernelSource& source, RoundDirection direction) {
  if (source.args.size() == 2) return MakeTimeRounding(source, direction);
  const bool up = direction == RoundDirection::kCeil;
  const LogicalType& type = source.args[0].type;
  if (type.Is(TypeRoot::kDecimal)) {
    return MakeKernel([up, scale = type.scale()](const KernelCall& call) {
      const DecimalColumn value(*call.args[0]);
      call.rows.ForEach([&](uint32_t row) {
        const Decimal decimal{value[row], scale};
        StoreDecimal(*call.out, row, up ? Ceil(decimal) : Floor(decimal));
      });
    });
  }
  return MakeKernel([up](const KernelCall& call) {
    VisitNumeric(call.out->physical(), [&](auto zero) {
      using T = decltype(zero);
      UnaryLoop<T, T>(call, [up](T value) {
        if constexpr (std::is_floating_point_v<T>) {
          return up ? std::ceil(value) : std::floor(value);
        } else {
          return value;
        }
      });
    });
  });
}

// ----- ROUND, TRUNCATE

// How many places a call keeps: 0 when left out, nullopt when only the row
// knows.
std::optional<int> Places(std::span<const ArgumentInfo> args) {
  if (args.size() < 2) return 0;
  if (args[1].literal == nullptr) return std::nullopt;
  const int64_t* const places = std::get_if<int64_t>(&args[1].literal->data);
  if (places == nullptr) return std::nullopt;
  return static_cast<int>(std::clamp<int64_t>(*places, -400, 400));
}

// A DECIMAL whose places are known loses the digits from its type as well.
Resolver PlacesResolver(absl::string_view name) {
  return [name = std::string(name)](std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    const bool known = !args.empty() && (args[0].type.IsNumeric() ||
                                         args[0].type.Is(TypeRoot::kNull));
    const bool counted =
        args.size() == 1 ||
        (args.size() == 2 && (args[1].type.IsIntegral() ||
                              args[1].type.Is(TypeRoot::kNull)));
    if (!known || !counted) {
      return SignatureMismatch(
          name, absl::StrCat(name, "(numeric[, integer])"), args);
    }
    LogicalType type = args[0].type;
    if (type.Is(TypeRoot::kNull)) type = LogicalType::Double();
    ResolvedCall call{{type}, type};
    if (args.size() == 2) {
      call.args.push_back(
          LogicalType::BigInt().WithNullable(args[1].type.nullable()));
    }
    const std::optional<int> places = Places(args);
    if (type.Is(TypeRoot::kDecimal) && places) {
      call.result = DecimalOf(RoundForm(DecimalFormOf(type), *places));
    }
    call.result = call.result.WithNullable(AnyNullable(args));
    return call;
  };
}

struct CutDecimal {
  int scale;            // Of the argument.
  DecimalForm result;
  CutDigits how;

  // False: more digits than the result's type has.
  bool operator()(Int128 unscaled, int64_t wanted, Int128* out) const {
    const int places =
        static_cast<int>(std::clamp<int64_t>(wanted, -38, scale));
    const DecimalForm cut{kMaxDecimalDigits, std::max(places, 0)};
    if (how == CutDigits::kHalfUp) {
      if (!Round({unscaled, scale}, places, cut, out)) return false;
    } else {
      *out = Truncate({unscaled, scale}, places, cut);
    }
    return Rescale(*out, cut.scale, result, out);
  }
};

Made CutDecimalFactory(const KernelSource& source, CutDigits how) {
  const CutDecimal cut{source.args[0].type.scale(),
                       DecimalFormOf(source.result), how};
  return MakeKernel([cut](const KernelCall& call) {
    const DecimalColumn value(*call.args[0]);
    call.rows.ForEach([&](uint32_t row) {
      const int64_t places =
          call.args.size() > 1 ? Column<int64_t>(*call.args[1])[row] : 0;
      Int128 result = 0;
      if (!cut(value[row], places, &result)) {
        call.out->SetNull(row);
        result = 0;
      }
      StoreDecimal(*call.out, row, result);
    });
  });
}

Made CutFactory(const KernelSource& source, CutDigits how) {
  if (source.args[0].type.Is(TypeRoot::kDecimal)) {
    return CutDecimalFactory(source, how);
  }
  return MakeKernel([how](const KernelCall& call) {
    VisitNumeric(call.out->physical(), [&](auto zero) {
      using T = decltype(zero);
      const Column<T> value(*call.args[0]);
      T* const out = call.out->data<T>();
      call.rows.ForEach([&](uint32_t row) {
        const int64_t places =
            call.args.size() > 1 ? Column<int64_t>(*call.args[1])[row] : 0;
        if constexpr (std::is_floating_point_v<T>) {
          out[row] = static_cast<T>(CutDouble(value[row], places, how));
        } else {
          out[row] = static_cast<T>(CutInteger(value[row], places, how));
        }
      });
    });
  });
}

}  // namespace

void RegisterMathRoundFunctions(FunctionRegistry& registry) {
  registry.Add(ResolvedEntry(
      "FLOOR", "FLOOR(numeric)\nFLOOR(temporal TO unit)",
      WholeResolver("FLOOR"), [](const KernelSource& source) {
        return WholeFactory(source, RoundDirection::kFloor);
      }));
  registry.Add(ResolvedEntry(
      "CEIL", "CEIL(numeric)\nCEIL(temporal TO unit)", WholeResolver("CEIL"),
      [](const KernelSource& source) {
        return WholeFactory(source, RoundDirection::kCeil);
      }));
  registry.AddAlias("CEILING", "CEIL");
  registry.Add(ResolvedEntry("ROUND", "ROUND(numeric[, integer])",
                             PlacesResolver("ROUND"),
                             [](const KernelSource& source) {
                               return CutFactory(source, CutDigits::kHalfUp);
                             }));
  registry.Add(ResolvedEntry(
      "TRUNCATE", "TRUNCATE(numeric[, integer])", PlacesResolver("TRUNCATE"),
      [](const KernelSource& source) {
        return CutFactory(source, CutDigits::kTowardsZero);
      }));
}

}  // namespace millrace
