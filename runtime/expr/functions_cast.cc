#include <string>

#include "runtime/expr/cast.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/signature.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;

// The target is no argument: whoever binds a CAST asks CheckExplicitCast and
// makes the call with that result type.
void AddCast(FunctionRegistry& registry, std::string name,
             decltype(&MakeCast) make) {
  const std::string usage = name + "(value AS type)";
  registry.Add(
      {.name = name,
       .usage = usage,
       .resolve = [=](Arguments args) -> absl::StatusOr<ResolvedCall> {
         return SignatureMismatch(name, usage, args);
       },
       .make_kernel = [=](Arguments args, const LogicalType& result,
                          const FunctionContext& context)
           -> absl::StatusOr<std::unique_ptr<Kernel>> {
         return make(args[0].type, result, context);
       }});
}

}  // namespace

void RegisterCastFunctions(FunctionRegistry& registry) {
  AddCast(registry, "CAST", MakeCast);
  AddCast(registry, "TRY_CAST", MakeTryCast);
}

}  // namespace millrace
