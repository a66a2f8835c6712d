// Functions of DOUBLE: powers, logarithms, trigonometry. Other numbers are
// widened first; results outside a function's domain are NaN or infinite, as
// in Java.

#include <cmath>

#include "absl/strings/str_cat.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_math.h"
#include "runtime/expr/java_math.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kE = 2.718281828459045;

using RealFunction = double (*)(double);
using RealFunction2 = double (*)(double, double);

void AddReal(FunctionRegistry& registry, absl::string_view name,
             RealFunction function) {
  const LogicalType real = LogicalType::Double();
  registry.Add(PreparedEntry(
      name, absl::StrCat(name, "(numeric)"), {{{real}, real}},
      [function](const KernelSource&)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeKernel([function](const KernelCall& call) {
          UnaryLoop<double, double>(call, function);
        });
      }));
}

void AddReal2(FunctionRegistry& registry, absl::string_view name,
              RealFunction2 function) {
  const LogicalType real = LogicalType::Double();
  registry.Add(PreparedEntry(
      name, absl::StrCat(name, "(numeric1, numeric2)"),
      {{{real, real}, real}},
      [function](const KernelSource&)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeKernel([function](const KernelCall& call) {
          BinaryLoop<double, double, double>(call, function);
        });
      }));
}

void AddConstant(FunctionRegistry& registry, absl::string_view name,
                 double value) {
  registry.Add(PreparedEntry(
      name, absl::StrCat(name, "()"),
      {Signature{.args = {}, .result = LogicalType::Double()}},
      [value](const KernelSource&)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeKernel([value](const KernelCall& call) {
          double* const out = call.out->data<double>();
          call.rows.ForEach([&](uint32_t row) { out[row] = value; });
        });
      }));
}

// LOG(x) is natural, LOG(base, x) is not.
void LogKernel(const KernelCall& call) {
  if (call.args.size() == 1) {
    UnaryLoop<double, double>(call, [](double x) { return std::log(x); });
    return;
  }
  BinaryLoop<double, double, double>(call, [](double base, double x) {
    return std::log(x) / std::log(base);
  });
}

}  // namespace

void RegisterMathRealFunctions(FunctionRegistry& registry) {
  AddReal(registry, "SQRT", [](double x) { return std::sqrt(x); });
  AddReal(registry, "EXP", [](double x) { return std::exp(x); });
  AddReal(registry, "LN", [](double x) { return std::log(x); });
  AddReal(registry, "LOG10", JavaLog10);
  AddReal(registry, "LOG2",
          [](double x) { return std::log(x) / std::log(2.0); });
  AddReal(registry, "SIN", [](double x) { return std::sin(x); });
  AddReal(registry, "COS", [](double x) { return std::cos(x); });
  AddReal(registry, "TAN", [](double x) { return std::tan(x); });
  AddReal(registry, "COT", [](double x) { return 1.0 / std::tan(x); });
  AddReal(registry, "ASIN", JavaAsin);
  AddReal(registry, "ACOS", JavaAcos);
  AddReal(registry, "ATAN", JavaAtan);
  AddReal(registry, "SINH", JavaSinh);
  AddReal(registry, "COSH", JavaCosh);
  AddReal(registry, "TANH", JavaTanh);
  AddReal(registry, "DEGREES", [](double x) { return x * (180.0 / kPi); });
  AddReal(registry, "RADIANS", [](double x) { return x * (kPi / 180.0); });
  AddReal2(registry, "POWER",
           [](double x, double y) { return std::pow(x, y); });
  AddReal2(registry, "ATAN2", JavaAtan2);
  AddConstant(registry, "PI", kPi);
  AddConstant(registry, "E", kE);
  const LogicalType real = LogicalType::Double();
  registry.Add(Entry("LOG", "LOG([base,] numeric)",
                     {{{real}, real}, {{real, real}, real}}, LogKernel));
}

}  // namespace millrace
