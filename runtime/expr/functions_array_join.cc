// ARRAY_JOIN(array of text, between[, for NULL]).

#include <string>

#include "runtime/expr/functions_array.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

constexpr absl::string_view kUsage =
    "ARRAY_JOIN(array, delimiter[, null replacement])";

absl::StatusOr<ResolvedCall> ResolveJoin(std::span<const ArgumentInfo> args) {
  bool fits = (args.size() == 2 || args.size() == 3) &&
              args[0].type.Is(TypeRoot::kArray) &&
              args[0].type.element().IsCharacter();
  ResolvedCall call;
  for (size_t i = 0; fits && i < args.size(); ++i) {
    const LogicalType& type = args[i].type;
    fits = i == 0 || type.IsCharacter() || type.Is(TypeRoot::kNull);
    call.args.push_back(type.Is(TypeRoot::kNull) ? LogicalType::String()
                                                 : type);
  }
  if (!fits) return SignatureMismatch("ARRAY_JOIN", kUsage, args);
  call.result = LogicalType::String().WithNullable(AnyNullable(args));
  return call;
}

// NULL elements are left out where nothing stands for them.
absl::StatusOr<std::unique_ptr<Kernel>> JoinFactory(const KernelSource&) {
  return MakeKernel([made = std::string()](const KernelCall& call) mutable {
    const ArrayColumn arrays(*call.args[0]);
    const Column<StringView> delimiters(*call.args[1]);
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    const bool replaces = call.args.size() > 2;
    call.rows.ForEach([&](uint32_t row) {
      const ListEntry list = arrays[row];
      made.clear();
      bool first = true;
      for (uint32_t i = list.offset; i < list.offset + list.length; ++i) {
        const bool null = arrays.elements()->IsNull(i);
        if (null && !replaces) continue;
        if (!first) {
          made.append(delimiters[row].data(), delimiters[row].size());
        }
        first = false;
        const StringView& text =
            null ? Column<StringView>(*call.args[2])[row]
                 : arrays.elements()->data<StringView>()[i];
        made.append(text.data(), text.size());
      }
      out[row] = writer.Copy(made);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

}  // namespace

void RegisterArrayJoinFunctions(FunctionRegistry& registry) {
  registry.Add(ResolvedEntry("ARRAY_JOIN", kUsage, ResolveJoin, JoinFactory));
}

}  // namespace millrace
