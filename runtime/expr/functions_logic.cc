#include <memory>
#include <string>

#include "runtime/expr/function_families.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;

absl::StatusOr<ResolvedCall> ResolveBoolean(const std::string& name,
                                            const std::string& usage,
                                            Arguments args, bool nullable) {
  const bool fits = args.size() == 1 && (args[0].type.Is(TypeRoot::kBoolean) ||
                                         args[0].type.Is(TypeRoot::kNull));
  if (!fits) return SignatureMismatch(name, usage, args);
  const bool null = args[0].type.nullable();
  return ResolvedCall{{LogicalType::Boolean().WithNullable(null)},
                      LogicalType::Boolean().WithNullable(nullable && null)};
}

void AddNot(FunctionRegistry& registry) {
  registry.Add({.name = "NOT",
                .usage = "NOT boolean",
                .resolve =
                    [](Arguments args) {
                      return ResolveBoolean("NOT", "NOT boolean", args, true);
                    },
                .make_kernel = [](Arguments, const LogicalType&,
                                  const FunctionContext&)
                    -> absl::StatusOr<std::unique_ptr<Kernel>> {
                  return MakeKernel([](const KernelCall& call) {
                    UnaryLoop<uint8_t, uint8_t>(
                        call, [](uint8_t value) -> uint8_t {
                          return value ^ 1;
                        });
                  });
                }});
}

// What a test says of FALSE, TRUE and NULL.
struct Answers {
  bool if_false, if_true, if_null;
};

void AddTest(FunctionRegistry& registry, std::string name, Answers answers) {
  const std::string usage = "boolean " + name;
  registry.Add({.name = name,
                .usage = usage,
                .traits = {.null_in_null_out = false},
                .resolve =
                    [=](Arguments args) {
                      return ResolveBoolean(name, usage, args, false);
                    },
                .make_kernel = [=](Arguments, const LogicalType&,
                                   const FunctionContext&)
                    -> absl::StatusOr<std::unique_ptr<Kernel>> {
                  return MakeKernel([=](const KernelCall& call) {
                    const Vector& value = *call.args[0];
                    const Column<uint8_t> truth(value);
                    uint8_t* const out = call.out->data<uint8_t>();
                    call.rows.ForEach([&](uint32_t row) {
                      out[row] = value.IsNull(row) ? answers.if_null
                                 : truth[row] != 0 ? answers.if_true
                                                   : answers.if_false;
                    });
                  });
                }});
}

}  // namespace

void RegisterLogicFunctions(FunctionRegistry& registry) {
  AddNot(registry);
  AddTest(registry, "IS TRUE", {false, true, false});
  AddTest(registry, "IS NOT TRUE", {true, false, true});
  AddTest(registry, "IS FALSE", {true, false, false});
  AddTest(registry, "IS NOT FALSE", {false, true, true});
  AddTest(registry, "IS UNKNOWN", {false, false, true});
  AddTest(registry, "IS NOT UNKNOWN", {true, true, false});
}

}  // namespace millrace
