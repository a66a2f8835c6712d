#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/expr/function.h"
#include "runtime/expr/signature.h"

namespace millrace {

// Short forms of a library entry for families whose functions choose among
// fixed signatures.

// What a kernel is made from when it prepares something from literals.
struct KernelSource {
  std::span<const ArgumentInfo> args;
  const LogicalType& result;
  const FunctionContext& context;
};

using KernelBody = void (*)(const KernelCall&);
using KernelFactory =
    std::function<absl::StatusOr<std::unique_ptr<Kernel>>(const KernelSource&)>;

// A function whose kernel needs nothing but its arguments.
Function Entry(absl::string_view name, absl::string_view usage,
               std::vector<Signature> signatures, KernelBody body,
               FunctionTraits traits = {});

// A function whose kernel is prepared once for each call in a plan.
Function PreparedEntry(absl::string_view name, absl::string_view usage,
                       std::vector<Signature> signatures,
                       KernelFactory factory, FunctionTraits traits = {});

// The same with a resolver of its own instead of fixed signatures.
Function ResolvedEntry(absl::string_view name, absl::string_view usage,
                       Resolver resolver, KernelFactory factory,
                       FunctionTraits traits = {});

// The text of a literal argument of a string type; null when the argument is
// no literal or is NULL.
const std::string* LiteralText(const ArgumentInfo& arg);

// SQL-0106: a literal argument that cannot be used; `why` says what is wrong
// with it.
absl::Status BadLiteral(absl::string_view function, absl::string_view literal,
                        absl::string_view why, absl::string_view fix);

}  // namespace millrace
