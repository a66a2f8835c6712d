// MAP_KEYS, MAP_VALUES, MAP_ENTRIES, MAP_FROM_ARRAYS, MAP_UNION.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/functions_array.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/list_gather.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

void CopyEntries(const KernelCall& call) {
  UnaryLoop<ListEntry, ListEntry>(
      call, [](const ListEntry& entry) { return entry; });
}

// The array over a map's keys (0) or values (1), which are shared.
void AddSide(FunctionRegistry& registry, absl::string_view name, int side) {
  registry.Add(ResolvedEntry(
      name, absl::StrCat(name, "(map)"),
      [name = std::string(name),
       side](std::span<const ArgumentInfo> args)
          -> absl::StatusOr<ResolvedCall> {
        if (args.size() != 1 || !args[0].type.Is(TypeRoot::kMap)) {
          return SignatureMismatch(name, name + "(map)", args);
        }
        const LogicalType& map = args[0].type;
        return ResolvedCall{
            {map},
            LogicalType::Array(side == 0 ? map.key() : map.value())
                .WithNullable(map.nullable())};
      },
      [side](const KernelSource&) -> Made {
        return MakeKernel([side](const KernelCall& call) {
          CopyEntries(call);
          call.out->SetChild(0, call.args[0]->child(side));
        });
      }));
}

LogicalType EntryType(const LogicalType& map) {
  return LogicalType::Row({{"key", map.key()}, {"value", map.value()}});
}

absl::StatusOr<ResolvedCall> ResolveEntries(
    std::span<const ArgumentInfo> args) {
  if (args.size() != 1 || !args[0].type.Is(TypeRoot::kMap)) {
    return SignatureMismatch("MAP_ENTRIES", "MAP_ENTRIES(map)", args);
  }
  const LogicalType& map = args[0].type;
  return ResolvedCall{{map},
                      LogicalType::Array(EntryType(map))
                          .WithNullable(map.nullable())};
}

// An array of rows (key, value) over the map's own children.
Made EntriesFactory(const KernelSource& source) {
  return MakeKernel([entry = source.result.element()](const KernelCall& call) {
    CopyEntries(call);
    const VectorRef& keys = call.args[0]->child(0);
    if (keys == nullptr) return;
    auto rows = std::make_shared<Vector>(entry, keys->capacity());
    rows->SetChild(0, keys);
    rows->SetChild(1, call.args[0]->child(1));
    call.out->SetChild(0, std::move(rows));
  });
}

absl::StatusOr<ResolvedCall> ResolveFromArrays(
    std::span<const ArgumentInfo> args) {
  if (args.size() != 2 || !args[0].type.Is(TypeRoot::kArray) ||
      !args[1].type.Is(TypeRoot::kArray)) {
    return SignatureMismatch("MAP_FROM_ARRAYS",
                             "MAP_FROM_ARRAYS(keys, values)", args);
  }
  return ResolvedCall{
      {args[0].type, args[1].type},
      LogicalType::Map(args[0].type.element(), args[1].type.element())
          .WithNullable(AnyNullable(args))};
}

// Keys and values of new maps; of equal keys the last one's value counts.
class MapGather {
 public:
  void Start(std::vector<const Vector*> keys,
             std::vector<const Vector*> values) {
    key_columns_ = keys;
    keys_.Start(std::move(keys));
    values_.Start(std::move(values));
  }
  void Begin() { taken_.clear(); }
  void Take(const LogicalType& key, int source, ListEntry keys,
            ListEntry values) {
    for (uint32_t i = 0; i < keys.length; ++i) {
      Put(key, {source, keys.offset + i, values.offset + i});
    }
  }
  ListEntry End() {
    const uint32_t offset = keys_.size();
    for (const Pair& pair : taken_) {
      keys_.Take(pair.source, pair.key);
      values_.Take(pair.source, pair.value);
    }
    return keys_.Since(offset);
  }
  void Finish(const LogicalType& map, Vector& out) const {
    out.SetChild(0, keys_.Finish(map.key()));
    out.SetChild(1, values_.Finish(map.value()));
  }

 private:
  struct Pair {
    int source;
    uint32_t key;
    uint32_t value;
  };

  void Put(const LogicalType& key, Pair pair) {
    for (Pair& known : taken_) {
      if (ElementsEqual(key, *key_columns_[known.source], known.key,
                        *key_columns_[pair.source], pair.key)) {
        known = pair;
        return;
      }
    }
    taken_.push_back(pair);
  }

  std::vector<const Vector*> key_columns_;
  ListGather keys_, values_;
  std::vector<Pair> taken_;
};

Made FromArraysFactory(const KernelSource& source) {
  return MakeKernel([map = source.result,
                     gather = MapGather()](const KernelCall& call) mutable {
    const ArrayColumn keys(*call.args[0]);
    const ArrayColumn values(*call.args[1]);
    ListEntry* const out = call.out->data<ListEntry>();
    gather.Start({keys.elements()}, {values.elements()});
    call.rows.ForEach([&](uint32_t row) {
      out[row] = {};
      if (keys[row].length != values[row].length) {
        FailRow(call, row,
                UserError({.code = "EXP-0108",
                           .what = "MAP_FROM_ARRAYS got arrays of different "
                                   "lengths",
                           .fix = "Give one value for each key"}));
        return;
      }
      gather.Begin();
      gather.Take(map.key(), 0, keys[row], values[row]);
      out[row] = gather.End();
    });
    gather.Finish(map, *call.out);
  });
}

absl::StatusOr<ResolvedCall> ResolveUnion(
    std::span<const ArgumentInfo> args) {
  std::vector<LogicalType> types;
  for (const ArgumentInfo& arg : args) types.push_back(arg.type);
  const auto common =
      types.empty() ? std::optional<LogicalType>() : CommonType(types);
  if (!common || !common->Is(TypeRoot::kMap)) {
    return SignatureMismatch("MAP_UNION", "MAP_UNION(map, ...)", args);
  }
  ResolvedCall call;
  for (const LogicalType& type : types) {
    call.args.push_back(common->WithNullable(type.nullable()));
  }
  call.result = common->WithNullable(AnyNullable(args));
  return call;
}

Made UnionFactory(const KernelSource& source) {
  return MakeKernel([map = source.result,
                     gather = MapGather()](const KernelCall& call) mutable {
    std::vector<const Vector*> keys, values;
    for (const Vector* arg : call.args) {
      keys.push_back(arg->child(0).get());
      values.push_back(arg->child(1).get());
    }
    ListEntry* const out = call.out->data<ListEntry>();
    gather.Start(std::move(keys), std::move(values));
    call.rows.ForEach([&](uint32_t row) {
      gather.Begin();
      for (size_t i = 0; i < call.args.size(); ++i) {
        const ListEntry entry = ArrayColumn(*call.args[i])[row];
        gather.Take(map.key(), static_cast<int>(i), entry, entry);
      }
      out[row] = gather.End();
    });
    gather.Finish(map, *call.out);
  });
}

}  // namespace

void RegisterMapFunctions(FunctionRegistry& registry) {
  AddSide(registry, "MAP_KEYS", 0);
  AddSide(registry, "MAP_VALUES", 1);
  registry.Add(ResolvedEntry("MAP_ENTRIES", "MAP_ENTRIES(map)",
                             ResolveEntries, EntriesFactory));
  registry.Add(ResolvedEntry("MAP_FROM_ARRAYS",
                             "MAP_FROM_ARRAYS(keys, values)",
                             ResolveFromArrays, FromArraysFactory));
  registry.Add(ResolvedEntry("MAP_UNION", "MAP_UNION(map, ...)", ResolveUnion,
                             UnionFactory));
}

}  // namespace millrace
