#include "runtime/expr/element_access.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/expr/comparison.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/signature.h"
#include "runtime/expr/type_coercion.h"
#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

using Arguments = std::span<const ArgumentInfo>;
constexpr absl::string_view kUsage =
    "array[index]\nmap[key]\nrow['field name']\nrow[position]";
constexpr int64_t kNone = -1;

// Copies one value a row out of a list's child: `place(row)` is where it lies
// there, kNone for NULL.
template <typename Place>
void PickElements(const KernelCall& call, const LogicalType& type, int child,
                  Place place) {
  std::vector<uint32_t> from, to;
  from.reserve(call.rows.size());
  to.reserve(call.rows.size());
  call.rows.ForEach([&](uint32_t row) {
    const int64_t at = place(row);
    if (at == kNone) return ClearRow(*call.out, row);
    from.push_back(static_cast<uint32_t>(at));
    to.push_back(row);
  });
  const auto size = static_cast<uint32_t>(from.size());
  const MergePiece piece(call.args[0]->child(child),
                         Selection::Of(from.data(), size),
                         Selection::Of(to.data(), size));
  MergePieces(type, {&piece, 1}, *call.out);
}

std::unique_ptr<Kernel> ArrayItem(const LogicalType& type) {
  return MakeKernel([=](const KernelCall& call) {
    const Column<ListEntry> lists(*call.args[0]);
    const Column<int32_t> indexes(*call.args[1]);
    PickElements(call, type, 0, [&](uint32_t row) {
      const ListEntry entry = lists[row];
      const int64_t index = indexes[row];
      return index >= 1 && index <= entry.length
                 ? entry.offset + index - 1
                 : kNone;
    });
  });
}

std::unique_ptr<Kernel> MapItem(const LogicalType& key,
                                const LogicalType& type) {
  return MakeKernel([=](const KernelCall& call) {
    const Column<ListEntry> maps(*call.args[0]);
    const Vector& keys = *call.args[0]->child(0);
    PickElements(call, type, 1, [&](uint32_t row) {
      const ListEntry entry = maps[row];
      // From behind: of equal keys the last counts.
      for (uint32_t i = entry.offset + entry.length; i-- > entry.offset;) {
        if (!keys.IsNull(i) && ValuesEqual(key, keys, i, *call.args[1], row)) {
          return int64_t{i};
        }
      }
      return kNone;
    });
  });
}

std::unique_ptr<Kernel> RowItem(int field, const LogicalType& type) {
  return MakeKernel([=](const KernelCall& call) {
    const MergePiece piece(call.args[0]->child(field), call.rows);
    MergePieces(type, {&piece, 1}, *call.out);
  });
}

// The field that a literal names, or counts to from 1.
std::optional<int> LiteralField(const LogicalType& row,
                                const ArgumentInfo& place) {
  if (place.literal == nullptr || place.literal->is_null()) {
    return std::nullopt;
  }
  if (place.type.IsCharacter()) {
    return row.FieldIndex(std::get<std::string>(place.literal->data));
  }
  if (!place.type.IsIntegral()) return std::nullopt;
  const int64_t position = std::get<int64_t>(place.literal->data);
  const auto count = static_cast<int64_t>(row.fields().size());
  if (position < 1 || position > count) return std::nullopt;
  return static_cast<int>(position - 1);
}

absl::StatusOr<ResolvedCall> ResolveItem(Arguments args) {
  const auto mismatch = SignatureMismatch("ITEM", kUsage, args);
  if (args.size() != 2) return mismatch;
  const LogicalType& list = args[0].type;
  const LogicalType& place = args[1].type;
  if (list.Is(TypeRoot::kArray) && place.IsIntegral()) {
    return ResolvedCall{
        {list, LogicalType::Integer().WithNullable(place.nullable())},
        list.element().AsNullable()};
  }
  if (list.Is(TypeRoot::kMap) && CanImplicitlyCast(place, list.key())) {
    const LogicalType key = list.key().WithNullable(place.nullable());
    return ResolvedCall{{list, key}, list.value().AsNullable()};
  }
  if (list.Is(TypeRoot::kRow)) {
    const auto field = LiteralField(list, args[1]);
    if (!field) return mismatch;
    const LogicalType& type = list.fields()[*field].type;
    return ResolvedCall{{list, place},
                        type.WithNullable(type.nullable() ||
                                          list.nullable())};
  }
  return mismatch;
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeItem(Arguments args,
                                                 const LogicalType& result,
                                                 const FunctionContext&) {
  const LogicalType& list = args[0].type;
  if (list.Is(TypeRoot::kArray)) return ArrayItem(result);
  if (list.Is(TypeRoot::kMap)) return MapItem(list.key(), result);
  return RowItem(*LiteralField(list, args[1]), result);
}

absl::Status SeveralElements() {
  return UserError({.code = "EXP-0003",
                    .what = "ELEMENT of an array of several elements",
                    .fix = "array[1] takes the first."});
}

void AddElement(FunctionRegistry& registry) {
  registry.Add(
      {.name = "ELEMENT",
       .usage = "ELEMENT(array)",
       .resolve = [](Arguments args) -> absl::StatusOr<ResolvedCall> {
         if (args.size() != 1 || !args[0].type.Is(TypeRoot::kArray)) {
           return SignatureMismatch("ELEMENT", "ELEMENT(array)", args);
         }
         return ResolvedCall{{args[0].type},
                             args[0].type.element().AsNullable()};
       },
       .make_kernel = [](Arguments, const LogicalType& result,
                         const FunctionContext&)
           -> absl::StatusOr<std::unique_ptr<Kernel>> {
         return MakeKernel([result](const KernelCall& call) {
           const Column<ListEntry> lists(*call.args[0]);
           PickElements(call, result, 0, [&](uint32_t row) {
             const ListEntry entry = lists[row];
             if (entry.length > 1) call.errors->Add(row, SeveralElements());
             return entry.length == 1 ? int64_t{entry.offset} : kNone;
           });
         });
       }});
}

}  // namespace

void RegisterElementAccess(FunctionRegistry& registry) {
  registry.Add({.name = "ITEM",
                .usage = std::string(kUsage),
                .resolve = ResolveItem,
                .make_kernel = MakeItem});
  AddElement(registry);
}

}  // namespace millrace
