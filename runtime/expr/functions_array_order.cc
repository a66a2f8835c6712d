// ARRAY_SORT, ARRAY_MIN, ARRAY_MAX: elements in their order.

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "runtime/expr/functions_array.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/list_gather.h"
#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

template <typename T>
int CompareAs(const Vector& values, uint32_t a, uint32_t b) {
  const T& left = values.data<T>()[a];
  const T& right = values.data<T>()[b];
  if constexpr (std::is_same_v<T, StringView>) {
    return StringView::Compare(left, right);
  } else {
    return left < right ? -1 : right < left;
  }
}

using Compare = int (*)(const Vector&, uint32_t, uint32_t);

// Null: values of this form have no order.
Compare OrderOf(PhysicalType physical) {
  switch (physical) {
    case PhysicalType::kBool: return CompareAs<uint8_t>;
    case PhysicalType::kInt8: return CompareAs<int8_t>;
    case PhysicalType::kInt16: return CompareAs<int16_t>;
    case PhysicalType::kInt32: return CompareAs<int32_t>;
    case PhysicalType::kInt64: return CompareAs<int64_t>;
    case PhysicalType::kInt128: return CompareAs<__int128>;
    case PhysicalType::kFloat: return CompareAs<float>;
    case PhysicalType::kDouble: return CompareAs<double>;
    case PhysicalType::kTimeNanos: return CompareAs<TimeNanos>;
    case PhysicalType::kString: return CompareAs<StringView>;
    default: return nullptr;
  }
}

bool IsOrderedArray(const LogicalType& type) {
  return type.Is(TypeRoot::kArray) &&
         OrderOf(type.element().physical()) != nullptr;
}

// (array[, ascending[, nulls first]]).
absl::StatusOr<ResolvedCall> ResolveSort(std::span<const ArgumentInfo> args) {
  bool fits = !args.empty() && args.size() <= 3 &&
              IsOrderedArray(args[0].type);
  ResolvedCall call;
  for (size_t i = 0; fits && i < args.size(); ++i) {
    const LogicalType& type = args[i].type;
    fits = i == 0 || type.Is(TypeRoot::kBoolean) || type.Is(TypeRoot::kNull);
    call.args.push_back(
        i == 0 ? type : LogicalType::Boolean().WithNullable(type.nullable()));
  }
  if (!fits) {
    return SignatureMismatch(
        "ARRAY_SORT", "ARRAY_SORT(array[, ascending[, null_first]])", args);
  }
  call.result = args[0].type.WithNullable(AnyNullable(args));
  return call;
}

// NULLs come first when ascending and last when not, unless told otherwise.
Made SortFactory(const KernelSource& source) {
  const LogicalType element = source.result.element();
  return MakeKernel([element, compare = OrderOf(element.physical()),
                     gather = ListGather(),
                     order = std::vector<uint32_t>()](
                        const KernelCall& call) mutable {
    const ArrayColumn arrays(*call.args[0]);
    const Vector* const elements = arrays.elements();
    ListEntry* const out = call.out->data<ListEntry>();
    gather.Start({elements});
    const auto flag = [&](size_t argument, uint32_t row, bool otherwise) {
      return call.args.size() <= argument
                 ? otherwise
                 : Column<uint8_t>(*call.args[argument])[row] != 0;
    };
    call.rows.ForEach([&](uint32_t row) {
      const bool ascending = flag(1, row, true);
      const bool nulls_first = flag(2, row, ascending);
      order.resize(arrays[row].length);
      std::iota(order.begin(), order.end(), arrays[row].offset);
      std::stable_sort(order.begin(), order.end(),
                       [&](uint32_t a, uint32_t b) {
                         const bool a_null = elements->IsNull(a);
                         const bool b_null = elements->IsNull(b);
                         if (a_null || b_null) {
                           return a_null != b_null && a_null == nulls_first;
                         }
                         const int less = compare(*elements, a, b);
                         return ascending ? less < 0 : less > 0;
                       });
      const uint32_t offset = gather.size();
      for (const uint32_t index : order) gather.Take(0, index);
      out[row] = gather.Since(offset);
    });
    call.out->SetChild(0, gather.Finish(element));
  });
}

// Where the least or greatest element lies that is not NULL; false: nowhere.
struct Extreme {
  bool greatest;
  Compare compare;

  bool Find(const Vector& elements, ListEntry list, uint32_t* best) const {
    bool found = false;
    for (uint32_t i = list.offset; i < list.offset + list.length; ++i) {
      if (elements.IsNull(i)) continue;
      const int order = found ? compare(elements, i, *best) : 0;
      if (!found || (greatest ? order > 0 : order < 0)) *best = i;
      found = true;
    }
    return found;
  }
};

Made ExtremeFactory(const KernelSource& source, bool greatest) {
  return MakeKernel([type = source.result,
                     extreme = Extreme{greatest,
                                       OrderOf(source.result.physical())},
                     from = std::vector<uint32_t>(),
                     to = std::vector<uint32_t>()](
                        const KernelCall& call) mutable {
    const ArrayColumn arrays(*call.args[0]);
    from.clear();
    to.clear();
    call.rows.ForEach([&](uint32_t row) {
      uint32_t best = 0;
      if (extreme.Find(*arrays.elements(), arrays[row], &best)) {
        from.push_back(best);
        to.push_back(row);
      } else {
        call.out->SetNull(row);
      }
    });
    if (from.empty()) return;
    const auto count = static_cast<uint32_t>(from.size());
    const MergePiece piece(Borrow(*arrays.elements()),
                           Selection::Of(from.data(), count),
                           Selection::Of(to.data(), count));
    MergePieces(type, std::span(&piece, 1), *call.out);
  });
}

void AddArrayExtreme(FunctionRegistry& registry, absl::string_view name,
                bool greatest) {
  const std::string usage = absl::StrCat(name, "(array)");
  registry.Add(ResolvedEntry(
      name, usage,
      [name = std::string(name),
       usage](std::span<const ArgumentInfo> args)
          -> absl::StatusOr<ResolvedCall> {
        if (args.size() != 1 || !IsOrderedArray(args[0].type)) {
          return SignatureMismatch(name, usage, args);
        }
        return ResolvedCall{{args[0].type},
                            args[0].type.element().AsNullable()};
      },
      [greatest](const KernelSource& source) {
        return ExtremeFactory(source, greatest);
      }));
}

}  // namespace

void RegisterArrayOrderFunctions(FunctionRegistry& registry) {
  registry.Add(ResolvedEntry("ARRAY_SORT",
                             "ARRAY_SORT(array[, ascending[, null_first]])",
                             ResolveSort, SortFactory));
  AddArrayExtreme(registry, "ARRAY_MIN", false);
  AddArrayExtreme(registry, "ARRAY_MAX", true);
}

}  // namespace millrace
