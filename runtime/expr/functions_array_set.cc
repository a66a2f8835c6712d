// ARRAY_DISTINCT, ARRAY_UNION, ARRAY_EXCEPT, ARRAY_INTERSECT, ARRAY_CONCAT,
// ARRAY_REVERSE, ARRAY_SLICE: arrays made of the elements of arrays. NULL
// where an argument is.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "runtime/expr/functions_array.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/list_gather.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

struct Arity {
  size_t least;
  size_t most;
};

// Arrays with a common type, which is also the result's.
Resolver CommonArrays(absl::string_view name, Arity arity) {
  return [name = std::string(name),
          arity](std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    std::vector<LogicalType> types;
    for (const ArgumentInfo& arg : args) types.push_back(arg.type);
    const bool counted =
        args.size() >= arity.least && args.size() <= arity.most;
    const auto common =
        counted ? CommonType(types) : std::optional<LogicalType>();
    if (!common || !common->Is(TypeRoot::kArray)) {
      return SignatureMismatch(name, absl::StrCat(name, "(array, ...)"),
                               args);
    }
    ResolvedCall call;
    for (const LogicalType& type : types) {
      call.args.push_back(common->WithNullable(type.nullable()));
    }
    call.result = common->WithNullable(AnyNullable(args));
    return call;
  };
}

// What one row's list is made of: `Take(argument, place in its list)`.
class RowLists {
 public:
  RowLists(const KernelCall& call, const LogicalType& element,
           ListGather& gather)
      : call_(call), element_(element), gather_(gather) {}

  void Begin(uint32_t row) {
    row_ = row;
    offset_ = gather_.size();
    taken_.clear();
  }
  ListEntry list(int argument) const {
    return ArrayColumn(*call_.args[argument])[row_];
  }
  void Take(int argument, uint32_t i) {
    gather_.Take(argument, list(argument).offset + i);
    taken_.push_back({argument, i});
  }
  // Unless an equal element was taken for this row before.
  void TakeOnce(int argument, uint32_t i) {
    for (const auto& [other, k] : taken_) {
      if (ElementsEqual(element_, elements(argument),
                        list(argument).offset + i, elements(other),
                        list(other).offset + k)) {
        return;
      }
    }
    Take(argument, i);
  }
  bool Contains(int argument, int from, uint32_t i) const {
    return ListContains(element_, elements(argument), list(argument),
                        elements(from), list(from).offset + i);
  }
  ListEntry Finish() const { return gather_.Since(offset_); }

 private:
  const Vector& elements(int argument) const {
    return *call_.args[argument]->child(0);
  }

  const KernelCall& call_;
  const LogicalType& element_;
  ListGather& gather_;
  uint32_t row_ = 0;
  uint32_t offset_ = 0;
  std::vector<std::pair<int, uint32_t>> taken_;
};

// A kernel that calls `make(lists)` for each row; the first `arrays` arguments
// are arrays.
template <typename Make>
Made MakeLists(const KernelSource& source, size_t arrays, Make make) {
  return MakeKernel([element = source.result.element(), arrays, make,
                     gather = ListGather()](const KernelCall& call) mutable {
    std::vector<const Vector*> sources;
    for (size_t i = 0; i < arrays; ++i) {
      sources.push_back(call.args[i]->child(0).get());
    }
    gather.Start(std::move(sources));
    RowLists lists(call, element, gather);
    ListEntry* const out = call.out->data<ListEntry>();
    call.rows.ForEach([&](uint32_t row) {
      lists.Begin(row);
      make(call, row, lists);
      out[row] = lists.Finish();
    });
    call.out->SetChild(0, gather.Finish(element));
  });
}

template <typename Make>
void AddLists(FunctionRegistry& registry, absl::string_view name, Arity arity,
              Make make) {
  registry.Add(ResolvedEntry(name, absl::StrCat(name, "(array, ...)"),
                             CommonArrays(name, arity),
                             [make](const KernelSource& source) {
                               return MakeLists(source, source.args.size(),
                                                make);
                             }));
}

// From 1, from the end when negative; 0 is the first. Both ends belong to the
// slice.
void Slice(const KernelCall& call, uint32_t row, RowLists& lists) {
  const int64_t size = lists.list(0).length;
  const auto place = [&](int argument) {
    const int64_t given = Column<int64_t>(*call.args[argument])[row];
    return given < 0 ? given + size : std::max<int64_t>(given, 1) - 1;
  };
  const int64_t first = std::max<int64_t>(place(1), 0);
  const int64_t last =
      call.args.size() > 2 ? std::min(place(2), size - 1) : size - 1;
  for (int64_t i = first; i <= last; ++i) {
    lists.Take(0, static_cast<uint32_t>(i));
  }
}

absl::StatusOr<ResolvedCall> ResolveSlice(
    std::span<const ArgumentInfo> args) {
  bool fits = (args.size() == 2 || args.size() == 3) &&
              args[0].type.Is(TypeRoot::kArray);
  ResolvedCall call;
  for (size_t i = 0; fits && i < args.size(); ++i) {
    const LogicalType& type = args[i].type;
    fits = i == 0 || type.IsIntegral() || type.Is(TypeRoot::kNull);
    call.args.push_back(
        i == 0 ? type : LogicalType::BigInt().WithNullable(type.nullable()));
  }
  if (!fits) {
    return SignatureMismatch("ARRAY_SLICE",
                             "ARRAY_SLICE(array, start[, end])", args);
  }
  call.result = args[0].type.WithNullable(AnyNullable(args));
  return call;
}

}  // namespace

void RegisterArraySetFunctions(FunctionRegistry& registry) {
  AddLists(registry, "ARRAY_DISTINCT", {1, 1},
           [](const KernelCall&, uint32_t, RowLists& lists) {
             const uint32_t length = lists.list(0).length;
             for (uint32_t i = 0; i < length; ++i) lists.TakeOnce(0, i);
           });
  AddLists(registry, "ARRAY_UNION", {2, 2},
           [](const KernelCall&, uint32_t, RowLists& lists) {
             for (int argument = 0; argument < 2; ++argument) {
               const uint32_t length = lists.list(argument).length;
               for (uint32_t i = 0; i < length; ++i) {
                 lists.TakeOnce(argument, i);
               }
             }
           });
  const auto filtered = [](bool wanted) {
    return [wanted](const KernelCall&, uint32_t, RowLists& lists) {
      const uint32_t length = lists.list(0).length;
      for (uint32_t i = 0; i < length; ++i) {
        if (lists.Contains(1, 0, i) == wanted) lists.TakeOnce(0, i);
      }
    };
  };
  AddLists(registry, "ARRAY_EXCEPT", {2, 2}, filtered(false));
  AddLists(registry, "ARRAY_INTERSECT", {2, 2}, filtered(true));
  constexpr size_t kAny = ~size_t{0};
  AddLists(registry, "ARRAY_CONCAT", {1, kAny},
           [](const KernelCall& call, uint32_t, RowLists& lists) {
             const int count = static_cast<int>(call.args.size());
             for (int argument = 0; argument < count; ++argument) {
               const uint32_t length = lists.list(argument).length;
               for (uint32_t i = 0; i < length; ++i) lists.Take(argument, i);
             }
           });
  AddLists(registry, "ARRAY_REVERSE", {1, 1},
           [](const KernelCall&, uint32_t, RowLists& lists) {
             for (uint32_t i = lists.list(0).length; i > 0; --i) {
               lists.Take(0, i - 1);
             }
           });
  registry.Add(ResolvedEntry(
      "ARRAY_SLICE", "ARRAY_SLICE(array, start[, end])", ResolveSlice,
      [](const KernelSource& source) { return MakeLists(source, 1, Slice); }));
}

}  // namespace millrace
