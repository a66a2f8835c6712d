#include <memory>
#include <string>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/expr/comparison.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/in_list.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;

// What text is read as beside a number that it is to be ordered with.
LogicalType NumberOfText(const LogicalType& number, bool nullable) {
  LogicalType type = LogicalType::Decimal(38, 18);
  if (number.IsIntegral()) type = LogicalType::BigInt();
  if (number.IsApproximate()) type = LogicalType::Double();
  return type.WithNullable(nullable);
}

// "<" and its like read text as a number; "=" does not.
absl::StatusOr<std::optional<std::pair<LogicalType, LogicalType>>>
OrderedTypes(const ArgumentInfo& left, const ArgumentInfo& right) {
  const LogicalType& a = left.type;
  const LogicalType& b = right.type;
  if (a.IsCharacter() && b.IsNumeric()) {
    return ComparableTypes({NumberOfText(b, a.nullable())}, right);
  }
  if (a.IsNumeric() && b.IsCharacter()) {
    return ComparableTypes(left, {NumberOfText(a, b.nullable())});
  }
  return ComparableTypes(left, right);
}

absl::StatusOr<ResolvedCall> ResolveComparison(const std::string& name,
                                               const std::string& usage,
                                               Arguments args, bool ordered,
                                               bool nullable) {
  if (args.size() != 2) return SignatureMismatch(name, usage, args);
  ASSIGN_OR_RETURN(const auto types, ordered
                                         ? OrderedTypes(args[0], args[1])
                                         : ComparableTypes(args[0], args[1]));
  if (!types || (ordered && types->first.IsNested())) {
    return SignatureMismatch(name, usage, args);
  }
  // Text beside a time may be no time, so that the result is NULL.
  const bool reads_text =
      types->first.IsCharacter() != types->second.IsCharacter();
  return ResolvedCall{
      {types->first, types->second},
      LogicalType::Boolean().WithNullable(
          nullable && (reads_text || AnyNullable(args)))};
}

void AddComparison(FunctionRegistry& registry, std::string name,
                   Comparison comparison) {
  const std::string usage = "value " + name + " value";
  const bool ordered = comparison >= Comparison::kLess;
  registry.Add({.name = name,
                .usage = usage,
                .resolve =
                    [=](Arguments args) {
                      return ResolveComparison(name, usage, args, ordered,
                                               true);
                    },
                .make_kernel =
                    [=](Arguments args, const LogicalType&,
                        const FunctionContext& context)
                    -> absl::StatusOr<std::unique_ptr<Kernel>> {
                  return MakeComparison(comparison, args[0].type, args[1].type,
                                        context);
                }});
}

// IS [NOT] DISTINCT FROM: a NULL is equal to a NULL and to nothing else.
class DistinctKernel final : public Kernel {
 public:
  DistinctKernel(bool distinct, std::unique_ptr<Kernel> equal)
      : distinct_(distinct), equal_(std::move(equal)) {}

  void Run(const KernelCall& call) override {
    const Vector& a = *call.args[0];
    const Vector& b = *call.args[1];
    uint8_t* const out = call.out->data<uint8_t>();
    present_.clear();
    call.rows.ForEach([&](uint32_t row) {
      const bool null_a = a.IsNull(row);
      const bool null_b = b.IsNull(row);
      if (!null_a && !null_b) {
        present_.push_back(row);
      } else {
        out[row] = (null_a && null_b) != distinct_;
      }
    });
    const auto rows = Selection::Of(present_.data(),
                                    static_cast<uint32_t>(present_.size()));
    equal_->Run({call.args, rows, call.out, call.errors});
    if (!distinct_) return;
    rows.ForEach([&](uint32_t row) { out[row] ^= 1; });
  }

 private:
  bool distinct_;
  std::unique_ptr<Kernel> equal_;
  std::vector<uint32_t> present_;
};

void AddDistinct(FunctionRegistry& registry, std::string name, bool distinct) {
  const std::string usage = "value " + name + " value";
  registry.Add({.name = name,
                .usage = usage,
                .traits = {.null_in_null_out = false},
                .resolve =
                    [=](Arguments args) {
                      return ResolveComparison(name, usage, args, false,
                                               false);
                    },
                .make_kernel =
                    [=](Arguments args, const LogicalType&,
                        const FunctionContext& context)
                    -> absl::StatusOr<std::unique_ptr<Kernel>> {
                  return std::make_unique<DistinctKernel>(
                      distinct, MakeComparison(Comparison::kEqual,
                                               args[0].type, args[1].type,
                                               context));
                }});
}

void AddNullTest(FunctionRegistry& registry, std::string name, bool null) {
  const std::string usage = "value " + name;
  registry.Add(
      {.name = name,
       .usage = usage,
       .traits = {.null_in_null_out = false},
       .resolve = [=](Arguments args) -> absl::StatusOr<ResolvedCall> {
         if (args.size() != 1) return SignatureMismatch(name, usage, args);
         return ResolvedCall{{args[0].type}, LogicalType::Boolean().NotNull()};
       },
       .make_kernel = [=](Arguments, const LogicalType&,
                          const FunctionContext&)
           -> absl::StatusOr<std::unique_ptr<Kernel>> {
         return MakeKernel([=](const KernelCall& call) {
           const Vector& value = *call.args[0];
           uint8_t* const out = call.out->data<uint8_t>();
           call.rows.ForEach(
               [&](uint32_t row) { out[row] = value.IsNull(row) == null; });
         });
       }});
}

}  // namespace

void RegisterComparisonFunctions(FunctionRegistry& registry) {
  AddComparison(registry, "=", Comparison::kEqual);
  AddComparison(registry, "<>", Comparison::kNotEqual);
  AddComparison(registry, "<", Comparison::kLess);
  AddComparison(registry, "<=", Comparison::kLessOrEqual);
  AddComparison(registry, ">", Comparison::kGreater);
  AddComparison(registry, ">=", Comparison::kGreaterOrEqual);
  registry.AddAlias("!=", "<>");
  AddDistinct(registry, "IS DISTINCT FROM", true);
  AddDistinct(registry, "IS NOT DISTINCT FROM", false);
  AddNullTest(registry, "IS NULL", true);
  AddNullTest(registry, "IS NOT NULL", false);
  RegisterInList(registry);
}

}  // namespace millrace
