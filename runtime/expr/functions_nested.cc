#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/expr/element_access.h"
#include "runtime/expr/equal_keys.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"
#include "runtime/expr/type_coercion.h"
#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;

absl::StatusOr<ResolvedCall> ResolveRow(Arguments args) {
  ResolvedCall call;
  std::vector<RowField> fields;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i].type.Is(TypeRoot::kNull)) {
      return SignatureMismatch("ROW", "ROW(value, ...)", args);
    }
    fields.push_back({absl::StrCat("EXPR$", i), args[i].type});
    call.args.push_back(args[i].type);
  }
  call.result = LogicalType::Row(std::move(fields)).NotNull();
  return call;
}

// Every `step`-th argument from `first`: its common type.
absl::StatusOr<LogicalType> ElementType(absl::string_view name,
                                        Arguments args, size_t first,
                                        size_t step) {
  std::vector<LogicalType> types;
  for (size_t i = first; i < args.size(); i += step) {
    types.push_back(args[i].type);
  }
  const auto common = CommonType(types);
  if (!common || common->Is(TypeRoot::kNull)) return NoCommonType(name, types);
  return *common;
}

absl::StatusOr<ResolvedCall> ResolveArray(Arguments args) {
  if (args.empty()) {
    return SignatureMismatch("ARRAY", "ARRAY[value, ...]", args);
  }
  auto element = ElementType("ARRAY", args, 0, 1);
  if (!element.ok()) return element.status();
  return ResolvedCall{std::vector<LogicalType>(args.size(), *element),
                      LogicalType::Array(*element).NotNull()};
}

absl::StatusOr<ResolvedCall> ResolveMap(Arguments args) {
  if (args.empty() || args.size() % 2 != 0) {
    return SignatureMismatch("MAP", "MAP[key, value, ...]", args);
  }
  auto key = ElementType("MAP", args, 0, 2);
  if (!key.ok()) return key.status();
  auto value = ElementType("MAP", args, 1, 2);
  if (!value.ok()) return value.status();
  ResolvedCall call;
  for (size_t i = 0; i < args.size(); ++i) {
    call.args.push_back(i % 2 == 0 ? *key : *value);
  }
  call.result = LogicalType::Map(*key, *value).NotNull();
  return call;
}

// ARRAY and MAP: `width` children, filled in turn; row by row, one behind the
// other.
class ListConstructor final : public Kernel {
 public:
  ListConstructor(LogicalType type, std::vector<LogicalType> child_types)
      : type_(std::move(type)), child_types_(std::move(child_types)) {}

  void Run(const KernelCall& call) override {
    const auto width = static_cast<uint32_t>(child_types_.size());
    const auto length = static_cast<uint32_t>(call.args.size()) / width;
    const uint32_t size = call.rows.size();
    for (uint32_t c = 0; c < width; ++c) {
      auto child = std::make_shared<Vector>(
          child_types_[c], std::max<uint32_t>(size * length, 1));
      std::vector<std::vector<uint32_t>> places(length);
      std::vector<MergePiece> pieces;
      for (uint32_t i = 0; i < length; ++i) {
        for (uint32_t k = 0; k < size; ++k) {
          places[i].push_back(k * length + i);
        }
        pieces.emplace_back(Borrow(*call.args[i * width + c]), call.rows,
                            Selection::Of(places[i].data(), size));
      }
      MergePieces(child_types_[c], pieces, *child);
      call.out->SetChild(static_cast<int>(c), std::move(child));
    }
    for (uint32_t k = 0; k < size; ++k) {
      call.out->data<ListEntry>()[call.rows[k]] = {k * length, length};
    }
    if (type_.Is(TypeRoot::kMap) && length > 1) {
      DropEarlierOfEqualKeys(type_, call.rows, *call.out);
    }
  }

 private:
  LogicalType type_;
  std::vector<LogicalType> child_types_;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeListConstructor(
    Arguments, const LogicalType& result, const FunctionContext&) {
  std::vector<LogicalType> children;
  for (const RowField& field : result.fields()) children.push_back(field.type);
  return std::make_unique<ListConstructor>(result, std::move(children));
}

absl::StatusOr<std::unique_ptr<Kernel>> NoKernel(Arguments,
                                                 const LogicalType&,
                                                 const FunctionContext&) {
  return absl::InternalError("ROW is a node of its own");
}

bool IsCollection(const LogicalType& type) {
  return type.IsNested() && !type.Is(TypeRoot::kRow);
}

void AddCardinality(FunctionRegistry& registry) {
  registry.Add(
      {.name = "CARDINALITY",
       .usage = "CARDINALITY(array or map)",
       .resolve = [](Arguments args) -> absl::StatusOr<ResolvedCall> {
         if (args.size() != 1 || !IsCollection(args[0].type)) {
           return SignatureMismatch("CARDINALITY",
                                    "CARDINALITY(array or map)", args);
         }
         return ResolvedCall{{args[0].type},
                             LogicalType::Integer().WithNullable(
                                 args[0].type.nullable())};
       },
       .make_kernel = [](Arguments, const LogicalType&,
                         const FunctionContext&)
           -> absl::StatusOr<std::unique_ptr<Kernel>> {
         return MakeKernel([](const KernelCall& call) {
           UnaryLoop<int32_t, ListEntry>(call, [](const ListEntry& entry) {
             return static_cast<int32_t>(entry.length);
           });
         });
       }});
}

}  // namespace

void RegisterNestedFunctions(FunctionRegistry& registry) {
  registry.Add({.name = "ROW",
                .usage = "ROW(value, ...)",
                .traits = {.null_in_null_out = false},
                .resolve = ResolveRow,
                .make_kernel = NoKernel});
  registry.Add({.name = "ARRAY",
                .usage = "ARRAY[value, ...]",
                .traits = {.null_in_null_out = false},
                .resolve = ResolveArray,
                .make_kernel = MakeListConstructor});
  registry.Add({.name = "MAP",
                .usage = "MAP[key, value, ...]",
                .traits = {.null_in_null_out = false},
                .resolve = ResolveMap,
                .make_kernel = MakeListConstructor});
  AddCardinality(registry);
  RegisterElementAccess(registry);
}

}  // namespace millrace
