#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status_macros.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;

std::vector<LogicalType> TypesOf(Arguments args) {
  std::vector<LogicalType> types;
  for (const ArgumentInfo& arg : args) types.push_back(arg.type);
  return types;
}

// Every argument at the common type, each as nullable as it is.
absl::StatusOr<ResolvedCall> ResolveCommon(absl::string_view name,
                                           Arguments args) {
  const std::vector<LogicalType> types = TypesOf(args);
  const auto common = CommonType(types);
  if (!common) return NoCommonType(name, types);
  ResolvedCall call{{}, *common};
  for (const LogicalType& type : types) {
    call.args.push_back(common->WithNullable(type.nullable()));
  }
  return call;
}

// IF and IFNULL are lazy: the compiler makes nodes of them, never a kernel.
absl::StatusOr<std::unique_ptr<Kernel>> NoKernel(Arguments,
                                                 const LogicalType&,
                                                 const FunctionContext&) {
  return absl::InternalError("a lazy function has no kernel");
}

absl::StatusOr<ResolvedCall> ResolveIf(Arguments args) {
  constexpr absl::string_view kUsage = "IF(boolean, value, value)";
  const bool fits = args.size() == 3 && (args[0].type.Is(TypeRoot::kBoolean) ||
                                         args[0].type.Is(TypeRoot::kNull));
  if (!fits) return SignatureMismatch("IF", kUsage, args);
  ASSIGN_OR_RETURN(ResolvedCall call, ResolveCommon("IF", args.subspan(1)));
  call.args.insert(call.args.begin(),
                   LogicalType::Boolean().WithNullable(
                       args[0].type.nullable()));
  return call;
}

absl::StatusOr<ResolvedCall> ResolveIfNull(Arguments args) {
  if (args.size() != 2) {
    return SignatureMismatch("IFNULL", "IFNULL(value, replacement)", args);
  }
  ASSIGN_OR_RETURN(ResolvedCall call, ResolveCommon("IFNULL", args));
  call.result = call.result.WithNullable(args[0].type.nullable() &&
                                         args[1].type.nullable());
  return call;
}

bool IsLess(const StringView& a, const StringView& b) {
  return StringView::Compare(a, b) < 0;
}
template <typename T>
bool IsLess(const T& a, const T& b) {
  return a < b;
}

template <typename T>
std::unique_ptr<Kernel> ExtremeKernel(bool greatest) {
  return MakeKernel([greatest](const KernelCall& call) {
    T* const out = call.out->data<T>();
    call.rows.ForEach([&](uint32_t row) {
      T best = Column<T>(*call.args[0])[row];
      for (const Vector* arg : call.args.subspan(1)) {
        const T& other = Column<T>(*arg)[row];
        if (greatest ? IsLess(best, other) : IsLess(other, best)) best = other;
      }
      out[row] = best;
    });
    if constexpr (std::is_same_v<T, StringView>) {
      for (size_t i = 0; i < call.args.size(); ++i) {
        ShareChunks(call, static_cast<int>(i));
      }
    }
  });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeExtreme(const LogicalType& type,
                                                    bool greatest) {
  switch (type.physical()) {
    case PhysicalType::kString: return ExtremeKernel<StringView>(greatest);
    case PhysicalType::kInt128: return ExtremeKernel<__int128>(greatest);
    case PhysicalType::kTimeNanos: return ExtremeKernel<TimeNanos>(greatest);
    case PhysicalType::kBool: return ExtremeKernel<uint8_t>(greatest);
    default: break;
  }
  std::unique_ptr<Kernel> kernel;
  VisitNumeric(type.physical(), [&](auto form) {
    kernel = ExtremeKernel<decltype(form)>(greatest);
  });
  return kernel;
}

void AddExtreme(FunctionRegistry& registry, std::string name, bool greatest) {
  const std::string usage = name + "(value, value, ...)";
  registry.Add({.name = name,
                .usage = usage,
                .resolve = [=](Arguments args)
                    -> absl::StatusOr<ResolvedCall> {
                  if (args.empty()) return SignatureMismatch(name, usage, args);
                  ASSIGN_OR_RETURN(ResolvedCall call,
                                   ResolveCommon(name, args));
                  if (call.result.IsNested() ||
                      call.result.Is(TypeRoot::kNull)) {
                    return SignatureMismatch(name, usage, args);
                  }
                  return call;
                },
                .make_kernel = [=](Arguments, const LogicalType& result,
                                   const FunctionContext&) {
                  return MakeExtreme(result, greatest);
                }});
}

}  // namespace

void RegisterConditionalFunctions(FunctionRegistry& registry) {
  registry.Add({.name = "IF",
                .usage = "IF(boolean, value, value)",
                .traits = {.null_in_null_out = false},
                .resolve = ResolveIf,
                .make_kernel = NoKernel});
  registry.Add({.name = "IFNULL",
                .usage = "IFNULL(value, replacement)",
                .traits = {.null_in_null_out = false},
                .resolve = ResolveIfNull,
                .make_kernel = NoKernel});
  AddExtreme(registry, "GREATEST", true);
  AddExtreme(registry, "LEAST", false);
}

}  // namespace millrace
