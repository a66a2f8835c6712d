#include <memory>
#include <string>
#include <utility>

#include "runtime/expr/arithmetic.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"
#include "runtime/expr/type_coercion.h"
#include "runtime/expr/vector_merge.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;

DecimalForm ResultForm(Arithmetic operation, DecimalForm a, DecimalForm b) {
  switch (operation) {
    case Arithmetic::kMultiply: return MultiplyForm(a, b);
    case Arithmetic::kDivide: return DivideForm(a, b);
    case Arithmetic::kModulo: return ModuloForm(a, b);
    default: return AddForm(a, b);
  }
}

// DECIMAL kernels read DECIMAL and BIGINT.
LogicalType DecimalOperand(const LogicalType& type) {
  return type.Is(TypeRoot::kDecimal)
             ? type
             : LogicalType::BigInt().WithNullable(type.nullable());
}

ResolvedCall ResolveNumbers(Arithmetic operation, const LogicalType& a,
                            const LogicalType& b) {
  const bool nullable = a.nullable() || b.nullable();
  const bool decimal = a.Is(TypeRoot::kDecimal) || b.Is(TypeRoot::kDecimal);
  if (decimal && !a.IsApproximate() && !b.IsApproximate()) {
    const DecimalForm form_a = DecimalFormOf(a);
    const DecimalForm form_b = DecimalFormOf(b);
    const bool whole = form_a.scale == 0 && form_b.scale == 0;
    const LogicalType result =
        operation == Arithmetic::kModulo && whole
            ? b
            : DecimalOf(ResultForm(operation, form_a, form_b));
    // A DECIMAL that does not fit is NULL, yet Flink's type does not say so.
    return {{DecimalOperand(a), DecimalOperand(b)},
            result.WithNullable(nullable)};
  }
  const LogicalType common = *CommonType(a, b);
  // MOD has the divisor's type: its result is smaller than that.
  const bool narrows = operation == Arithmetic::kModulo && b.IsIntegral() &&
                       common.IsIntegral();
  return {{common.WithNullable(a.nullable()),
           common.WithNullable(b.nullable())},
          (narrows ? b : common).WithNullable(nullable)};
}

absl::StatusOr<ResolvedCall> ResolveBinary(Arithmetic operation,
                                           const std::string& name,
                                           const std::string& usage,
                                           Arguments args) {
  ArgumentInfo left = args[0];
  ArgumentInfo right = args[1];
  if (left.type.Is(TypeRoot::kNull)) left.type = right.type.AsNullable();
  if (right.type.Is(TypeRoot::kNull)) right.type = left.type.AsNullable();
  if (left.type.IsNumeric() && right.type.IsNumeric()) {
    return ResolveNumbers(operation, left.type, right.type);
  }
  IntervalSignature found = ResolveIntervalArithmetic(operation, left, right);
  if (!found.exists) return SignatureMismatch(name, usage, args);
  const bool nullable = left.type.nullable() || right.type.nullable();
  return ResolvedCall{{std::move(found.left), std::move(found.right)},
                      found.result.WithNullable(nullable)};
}

// A DECIMAL without a fraction, modulo an integer, in that integer's type.
std::unique_ptr<Kernel> WholeModulo() {
  return MakeKernel([](const KernelCall& call) {
    const DecimalColumn a(*call.args[0]);
    const Column<int64_t> b(*call.args[1]);
    VisitNumeric(call.out->physical(), [&](auto form) {
      using Out = decltype(form);
      Out* const out = call.out->data<Out>();
      call.rows.ForEach([&](uint32_t row) {
        out[row] = 0;
        if (b[row] == 0) return FailRow(call, row, DivisionByZero());
        out[row] = static_cast<Out>(a[row] % b[row]);
      });
    });
  });
}

std::unique_ptr<Kernel> MakeBinary(Arithmetic operation, Arguments args,
                                   const LogicalType& result) {
  const LogicalType& left = args[0].type;
  const LogicalType& right = args[1].type;
  if (result.Is(TypeRoot::kDecimal)) {
    return MakeDecimalArithmetic(operation, left, right, result);
  }
  if (left.Is(TypeRoot::kDecimal) && result.IsIntegral()) {
    return WholeModulo();
  }
  if (left.IsNumeric() && right.IsNumeric()) {
    return MakeNumericArithmetic(operation, left, result, args[1].literal);
  }
  return MakeIntervalArithmetic(operation, left, right, result);
}

template <typename T>
void NegateLoop(const KernelCall& call) {
  UnaryLoop<T, T>(call, [](T value) {
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
      return -value;
    } else {
      using U = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
      return static_cast<T>(-static_cast<U>(value));
    }
  });
}

std::unique_ptr<Kernel> MakeNegation() {
  return MakeKernel([](const KernelCall& call) {
    const PhysicalType physical = call.out->physical();
    if (physical == PhysicalType::kInt128) {
      return UnaryLoop<Int128, Int128>(call, [](Int128 v) { return -v; });
    }
    VisitNumeric(physical,
                 [&](auto form) { NegateLoop<decltype(form)>(call); });
  });
}

std::unique_ptr<Kernel> MakeIdentity(const LogicalType& type) {
  return MakeKernel([type](const KernelCall& call) {
    const MergePiece piece(Borrow(*call.args[0]), call.rows);
    MergePieces(type, {&piece, 1}, *call.out);
  });
}

struct Operator {
  std::string name;
  std::string usage;
  Arithmetic operation;
  bool has_unary = false;
};

void Add(FunctionRegistry& registry, const Operator& op) {
  registry.Add(
      {.name = op.name,
       .usage = op.usage,
       .resolve = [op](Arguments args) -> absl::StatusOr<ResolvedCall> {
         if (args.size() == 2) {
           return ResolveBinary(op.operation, op.name, op.usage, args);
         }
         const bool unary = op.has_unary && args.size() == 1 &&
                            (args[0].type.IsNumeric() ||
                             args[0].type.IsInterval());
         if (!unary) return SignatureMismatch(op.name, op.usage, args);
         return ResolvedCall{{args[0].type}, args[0].type};
       },
       .make_kernel = [op](Arguments args, const LogicalType& result,
                           const FunctionContext&)
           -> absl::StatusOr<std::unique_ptr<Kernel>> {
         if (args.size() == 2) return MakeBinary(op.operation, args, result);
         if (op.operation == Arithmetic::kAdd) return MakeIdentity(result);
         return MakeNegation();
       }});
}

}  // namespace

void RegisterArithmeticFunctions(FunctionRegistry& registry) {
  Add(registry, {"+",
                 "number + number\ntime + interval\ninterval + interval",
                 Arithmetic::kAdd, true});
  Add(registry, {"-",
                 "number - number\ntime - interval\ntime - time\n-number",
                 Arithmetic::kSubtract, true});
  Add(registry,
      {"*", "number * number\ninterval * integer", Arithmetic::kMultiply});
  Add(registry,
      {"/", "number / number\ninterval / integer", Arithmetic::kDivide});
  Add(registry, {"%", "number % number\nMOD(number, number)",
                 Arithmetic::kModulo});
  registry.AddAlias("MOD", "%");
  registry.AddAlias("NEGATE", "-");
}

}  // namespace millrace
