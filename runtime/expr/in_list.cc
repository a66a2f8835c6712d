#include "runtime/expr/in_list.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/expr/comparison.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;
constexpr absl::string_view kUsage = "value IN (value, ...)";

// Up to here looking at every item beats hashing the value.
constexpr size_t kLinearLimit = 8;

// The literals of a list, each once, as T; large sets are hashed.
template <typename T>
class LiteralSet {
 public:
  using Key = T;

  explicit LiteralSet(VectorRef items) : items_(std::move(items)) {
    for (uint32_t i = 0; i < items_->capacity(); ++i) {
      values_.push_back(items_->data<T>()[i]);
    }
    if constexpr (std::is_integral_v<T>) {
      if (values_.size() > kLinearLimit) {
        hashed_.insert(values_.begin(), values_.end());
      }
    }
  }
  bool Has(const T& value) const {
    if constexpr (std::is_integral_v<T>) {
      if (!hashed_.empty()) return hashed_.contains(value);
    }
    bool found = false;
    for (const T& item : values_) found |= item == value;
    return found;
  }

 private:
  VectorRef items_;
  std::vector<T> values_;
  absl::flat_hash_set<std::conditional_t<std::is_integral_v<T>, T, char>>
      hashed_;
};

template <>
class LiteralSet<StringView> {
 public:
  explicit LiteralSet(VectorRef items) : items_(std::move(items)) {
    for (uint32_t i = 0; i < items_->capacity(); ++i) {
      values_.push_back(items_->data<StringView>()[i]);
    }
    if (values_.size() <= kLinearLimit) return;
    for (const StringView& value : values_) hashed_.insert(value.view());
  }
  bool Has(const StringView& value) const {
    if (!hashed_.empty()) return hashed_.contains(value.view());
    for (const StringView& item : values_) {
      if (item == value) return true;
    }
    return false;
  }

 private:
  VectorRef items_;  // Keeps the strings.
  std::vector<StringView> values_;
  absl::flat_hash_set<absl::string_view> hashed_;
};

template <typename T>
std::unique_ptr<Kernel> SetKernel(const VectorRef& items, bool has_null) {
  auto set = std::make_shared<const LiteralSet<T>>(items);
  return MakeKernel([set, has_null](const KernelCall& call) {
    const Vector& value = *call.args[0];
    const Column<T> column(value);
    uint8_t* const out = call.out->data<uint8_t>();
    if (!has_null && !value.may_have_nulls()) {
      call.rows.ForEach(
          [&](uint32_t row) { out[row] = set->Has(column[row]); });
      return;
    }
    call.rows.ForEach([&](uint32_t row) {
      if (value.IsNull(row)) return ClearRow(*call.out, row);
      out[row] = set->Has(column[row]);
      if (has_null && out[row] == 0) ClearRow(*call.out, row);
    });
  });
}

std::unique_ptr<Kernel> MakeSetKernel(const LogicalType& type,
                                      const VectorRef& items, bool has_null) {
  switch (type.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8: return SetKernel<int8_t>(items, has_null);
    case PhysicalType::kInt16: return SetKernel<int16_t>(items, has_null);
    case PhysicalType::kInt32: return SetKernel<int32_t>(items, has_null);
    case PhysicalType::kInt64: return SetKernel<int64_t>(items, has_null);
    case PhysicalType::kFloat: return SetKernel<float>(items, has_null);
    case PhysicalType::kDouble: return SetKernel<double>(items, has_null);
    case PhysicalType::kTimeNanos:
      return SetKernel<TimeNanos>(items, has_null);
    case PhysicalType::kString: return SetKernel<StringView>(items, has_null);
    default: return nullptr;
  }
}

// TRUE where an item is equal, else NULL where anything is NULL.
class ItemByItem final : public Kernel {
 public:
  explicit ItemByItem(const LogicalType& type) : type_(type) {}

  void Run(const KernelCall& call) override {
    uint8_t* const out = call.out->data<uint8_t>();
    const Vector& value = *call.args[0];
    call.rows.ForEach([&](uint32_t row) {
      bool unknown = value.IsNull(row);
      bool found = false;
      for (size_t i = 1; i < call.args.size() && !unknown && !found; ++i) {
        if (call.args[i]->IsNull(row)) continue;
        found = ValuesEqual(type_, value, row, *call.args[i], row);
      }
      for (size_t i = 1; i < call.args.size(); ++i) {
        unknown |= call.args[i]->IsNull(row);
      }
      out[row] = found;
      if (!found && unknown) ClearRow(*call.out, row);
    });
  }

 private:
  LogicalType type_;
};

absl::StatusOr<ResolvedCall> ResolveIn(Arguments args) {
  if (args.size() < 2) return SignatureMismatch("IN", kUsage, args);
  std::vector<LogicalType> types;
  bool nullable = false;
  LogicalType common = args[0].type;
  for (const ArgumentInfo& item : args.subspan(1)) {
    // Text beside a time is checked here and read as that time.
    ASSIGN_OR_RETURN(const auto pair,
                     ComparableTypes({.type = common}, item));
    if (!pair) return SignatureMismatch("IN", kUsage, args);
    const auto next = CommonType(pair->first, pair->second);
    common = next ? *next : pair->first;
  }
  for (const ArgumentInfo& arg : args) {
    nullable |= arg.type.nullable();
    types.push_back(common.WithNullable(arg.type.nullable()));
  }
  return ResolvedCall{std::move(types),
                      LogicalType::Boolean().WithNullable(nullable)};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeIn(Arguments args,
                                               const LogicalType&,
                                               const FunctionContext&) {
  const LogicalType& type = args[0].type;
  std::vector<Value> items;
  bool has_null = false;
  bool all_literal = true;
  for (const ArgumentInfo& item : args.subspan(1)) {
    if (item.literal == nullptr) {
      all_literal = false;
    } else if (item.literal->is_null()) {
      has_null = true;
    } else {
      items.push_back(*item.literal);
    }
  }
  if (all_literal && !items.empty()) {
    auto kernel = MakeSetKernel(type, VectorOf(type, items), has_null);
    if (kernel != nullptr) return kernel;
  }
  return std::make_unique<ItemByItem>(type);
}

}  // namespace

void RegisterInList(FunctionRegistry& registry) {
  registry.Add({.name = "IN",
                .usage = std::string(kUsage),
                .traits = {.null_in_null_out = false},
                .resolve = ResolveIn,
                .make_kernel = MakeIn});
}

}  // namespace millrace
