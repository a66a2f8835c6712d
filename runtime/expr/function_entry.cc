#include "runtime/expr/function_entry.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

Function ResolvedEntry(absl::string_view name, absl::string_view usage,
                       Resolver resolver, KernelFactory factory,
                       FunctionTraits traits) {
  Function function;
  function.name = std::string(name);
  function.usage = std::string(usage);
  function.traits = traits;
  function.resolve = std::move(resolver);
  function.make_kernel = [factory = std::move(factory)](
                             std::span<const ArgumentInfo> args,
                             const LogicalType& result,
                             const FunctionContext& context) {
    return factory({args, result, context});
  };
  return function;
}

Function PreparedEntry(absl::string_view name, absl::string_view usage,
                       std::vector<Signature> signatures,
                       KernelFactory factory, FunctionTraits traits) {
  return ResolvedEntry(name, usage, OneOf(name, usage, std::move(signatures)),
                       std::move(factory), traits);
}

Function Entry(absl::string_view name, absl::string_view usage,
               std::vector<Signature> signatures, KernelBody body,
               FunctionTraits traits) {
  return PreparedEntry(
      name, usage, std::move(signatures),
      [body](const KernelSource&) -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeKernel(body);
      },
      traits);
}

const std::string* LiteralText(const ArgumentInfo& arg) {
  if (arg.literal == nullptr) return nullptr;
  return std::get_if<std::string>(&arg.literal->data);
}

absl::Status BadLiteral(absl::string_view function, absl::string_view literal,
                        absl::string_view why, absl::string_view fix) {
  return UserError({.code = "SQL-0106",
                    .what = absl::StrCat(function, " cannot use '", literal,
                                         "'"),
                    .why = std::string(why),
                    .fix = std::string(fix)});
}

}  // namespace millrace
