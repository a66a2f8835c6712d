// ARRAY_CONTAINS, ARRAY_POSITION, ARRAY_REMOVE, ARRAY_APPEND, ARRAY_PREPEND:
// an array and one value, which may be NULL like any element.

#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/expr/functions_array.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/list_gather.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

// What the result's type is made from.
enum class ResultIs { kBoolean, kPosition, kSameArray, kWiderArray };

LogicalType ResultType(ResultIs what, const LogicalType& array,
                       const LogicalType& element) {
  switch (what) {
    case ResultIs::kBoolean: return LogicalType::Boolean();
    case ResultIs::kPosition: return LogicalType::Integer();
    case ResultIs::kSameArray: return array;
    default: return LogicalType::Array(element);
  }
}

// (ARRAY<T>, T'): both are brought to what they have in common. NULL only
// where the array is.
Resolver ElementResolver(absl::string_view name, ResultIs what) {
  return [name = std::string(name),
          what](std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    std::optional<LogicalType> element;
    if (args.size() == 2 && args[0].type.Is(TypeRoot::kArray)) {
      element = CommonType(args[0].type.element(), args[1].type);
    }
    if (!element) {
      return SignatureMismatch(name, absl::StrCat(name, "(array, element)"),
                               args);
    }
    const bool nullable = args[0].type.nullable();
    const LogicalType own = element->WithNullable(
        args[0].type.element().nullable());
    const LogicalType array = LogicalType::Array(own).WithNullable(nullable);
    return ResolvedCall{
        {array, element->WithNullable(args[1].type.nullable())},
        ResultType(what, array, *element).WithNullable(nullable)};
  };
}

// Calls `step(row, elements, list, values, index)` for rows whose array is
// there.
template <typename Step>
void ForEachArray(const KernelCall& call, Step&& step) {
  const ArrayColumn arrays(*call.args[0]);
  const Vector& values = *call.args[1];
  call.rows.ForEach([&](uint32_t row) {
    if (arrays.IsNull(row)) {
      call.out->SetNull(row);
    } else {
      step(row, *arrays.elements(), arrays[row], values,
           row & values.index_mask());
    }
  });
}

Made ContainsFactory(const KernelSource& source) {
  return MakeKernel([type = source.args[0].type.element()](
                        const KernelCall& call) {
    uint8_t* const out = call.out->data<uint8_t>();
    ForEachArray(call, [&](uint32_t row, const Vector& elements,
                           ListEntry list, const Vector& values,
                           uint32_t index) {
      out[row] = ListContains(type, elements, list, values, index);
    });
  });
}

// From 1; 0 where it is not there.
Made PositionFactory(const KernelSource& source) {
  return MakeKernel([type = source.args[0].type.element()](
                        const KernelCall& call) {
    int32_t* const out = call.out->data<int32_t>();
    ForEachArray(call, [&](uint32_t row, const Vector& elements,
                           ListEntry list, const Vector& values,
                           uint32_t index) {
      out[row] = 0;
      for (uint32_t i = 0; i < list.length && out[row] == 0; ++i) {
        if (ElementsEqual(type, elements, list.offset + i, values, index)) {
          out[row] = static_cast<int32_t>(i) + 1;
        }
      }
    });
  });
}

// Source 0 is the array's elements, 1 the value.
enum class Change { kRemove, kAppend, kPrepend };

Made ChangeFactory(const KernelSource& source, Change change) {
  return MakeKernel([type = source.result.element(), change,
                     gather = ListGather()](const KernelCall& call) mutable {
    ListEntry* const out = call.out->data<ListEntry>();
    gather.Start({call.args[0]->child(0).get(), call.args[1]});
    ForEachArray(call, [&](uint32_t row, const Vector& elements,
                           ListEntry list, const Vector& values,
                           uint32_t index) {
      const uint32_t offset = gather.size();
      if (change == Change::kPrepend) gather.Take(1, index);
      for (uint32_t i = 0; i < list.length; ++i) {
        const uint32_t element = list.offset + i;
        if (change != Change::kRemove ||
            !ElementsEqual(type, elements, element, values, index)) {
          gather.Take(0, element);
        }
      }
      if (change == Change::kAppend) gather.Take(1, index);
      out[row] = gather.Since(offset);
    });
    call.out->SetChild(0, gather.Finish(type));
  });
}

void Add(FunctionRegistry& registry, absl::string_view name, ResultIs what,
         KernelFactory factory) {
  registry.Add(ResolvedEntry(name, absl::StrCat(name, "(array, element)"),
                             ElementResolver(name, what), std::move(factory),
                             {.null_in_null_out = false}));
}

}  // namespace

void RegisterArrayElementFunctions(FunctionRegistry& registry) {
  Add(registry, "ARRAY_CONTAINS", ResultIs::kBoolean, ContainsFactory);
  Add(registry, "ARRAY_POSITION", ResultIs::kPosition, PositionFactory);
  Add(registry, "ARRAY_REMOVE", ResultIs::kSameArray,
      [](const KernelSource& source) {
        return ChangeFactory(source, Change::kRemove);
      });
  Add(registry, "ARRAY_APPEND", ResultIs::kWiderArray,
      [](const KernelSource& source) {
        return ChangeFactory(source, Change::kAppend);
      });
  Add(registry, "ARRAY_PREPEND", ResultIs::kWiderArray,
      [](const KernelSource& source) {
        return ChangeFactory(source, Change::kPrepend);
      });
}

}  // namespace millrace
