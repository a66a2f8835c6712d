// IS_ALPHA, IS_DECIMAL, IS_DIGIT, UUID, TYPEOF.

#include <wctype.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "runtime/base/rng.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/unicode_locale.h"
#include "runtime/expr/utf8.h"
#include "runtime/types/numeric_text.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

bool IsLetter(char32_t character) {
  if (character < 0x80) {
    return (character | 0x20) >= 'a' && (character | 0x20) <= 'z';
  }
  const locale_t locale = UnicodeLocale();
  return locale != static_cast<locale_t>(nullptr) &&
         iswalpha_l(static_cast<wint_t>(character), locale) != 0;
}

bool IsAlpha(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (!IsLetter(DecodeCharacter(text, &at))) return false;
  }
  return !text.empty();
}

bool IsDigit(absl::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

bool IsDecimal(absl::string_view text) {
  double value;
  return !text.empty() && ParseDouble(text, &value);
}

// A test of text that knows NULL, which is FALSE, and what it says of every
// number.
struct Check {
  bool (*text)(absl::string_view);
  bool (*number)(const LogicalType&);
};

void AddCheck(FunctionRegistry& registry, absl::string_view name,
              Check check) {
  const std::string usage = absl::StrCat(name, "(value)");
  registry.Add(ResolvedEntry(
      name, usage,
      [name = std::string(name),
       usage](std::span<const ArgumentInfo> args)
          -> absl::StatusOr<ResolvedCall> {
        if (args.size() != 1 ||
            !(args[0].type.IsCharacter() || args[0].type.IsNumeric() ||
              args[0].type.Is(TypeRoot::kNull))) {
          return SignatureMismatch(name, usage, args);
        }
        const LogicalType from = args[0].type.Is(TypeRoot::kNull)
                                     ? LogicalType::String()
                                     : args[0].type;
        return ResolvedCall{{from}, LogicalType::Boolean().NotNull()};
      },
      [check](const KernelSource& source) -> Made {
        const bool text = source.args[0].type.IsCharacter();
        const bool number = !text && check.number(source.args[0].type);
        return MakeKernel([check, text, number](const KernelCall& call) {
          uint8_t* const out = call.out->data<uint8_t>();
          const Vector& value = *call.args[0];
          call.rows.ForEach([&](uint32_t row) {
            out[row] = !value.IsNull(row) &&
                       (text ? check.text(Column<StringView>(value)[row]
                                              .view())
                             : number);
          });
        });
      },
      {.null_in_null_out = false}));
}

uint64_t StartOf(const FunctionContext& context) {
  if (context.random_seed != 0) return context.random_seed;
  std::random_device entropy;
  return (static_cast<uint64_t>(entropy()) << 32) ^ entropy();
}

// Version 4, variant 1: 122 random bits.
Made UuidFactory(const KernelSource& source) {
  const uint64_t start = StartOf(source.context);
  return MakeKernel([high_bits = Rng(start), low_bits = Rng(~start * 3)](
                        const KernelCall& call) mutable {
    constexpr char kDigits[] = "0123456789abcdef";
    constexpr uint64_t kVersion = 0x4000, kVariant = uint64_t{1} << 63;
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    call.rows.ForEach([&](uint32_t row) {
      uint64_t words[2] = {(high_bits.Next() & ~uint64_t{0xF000}) | kVersion,
                           (low_bits.Next() >> 2) | kVariant};
      char* end = writer.Reserve(36);
      for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) *end++ = '-';
        *end++ = kDigits[(words[i / 16] >> (60 - i % 16 * 4)) & 15];
      }
      out[row] = writer.Commit(36);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

// TYPEOF(value[, for storage]): its type, NOT NULL included.
absl::StatusOr<ResolvedCall> ResolveTypeOf(
    std::span<const ArgumentInfo> args) {
  const bool fits =
      args.size() == 1 ||
      (args.size() == 2 && args[1].type.Is(TypeRoot::kBoolean));
  if (!fits) return SignatureMismatch("TYPEOF", "TYPEOF(value)", args);
  ResolvedCall call;
  for (const ArgumentInfo& arg : args) call.args.push_back(arg.type);
  call.result = LogicalType::String();
  return call;
}

Made TypeOfFactory(const KernelSource& source) {
  return MakeKernel([name = source.args[0].type.ToString()](
                        const KernelCall& call) {
    StringWriter writer;
    const StringView text = writer.Copy(name);
    StringView* const out = call.out->data<StringView>();
    call.rows.ForEach([&](uint32_t row) { out[row] = text; });
    call.out->AddChunks(writer.TakeChunks());
  });
}

}  // namespace

void RegisterStringCheckFunctions(FunctionRegistry& registry) {
  AddCheck(registry, "IS_ALPHA",
           {IsAlpha, [](const LogicalType&) { return false; }});
  AddCheck(registry, "IS_DIGIT",
           {IsDigit, [](const LogicalType& type) {
              return type.IsIntegral();
            }});
  AddCheck(registry, "IS_DECIMAL",
           {IsDecimal, [](const LogicalType&) { return true; }});
  registry.Add(PreparedEntry(
      "UUID", "UUID()",
      {Signature{.args = {}, .result = LogicalType::Char(36)}}, UuidFactory,
      {.deterministic = false}));
  registry.Add(ResolvedEntry("TYPEOF", "TYPEOF(value)", ResolveTypeOf,
                             TypeOfFactory, {.null_in_null_out = false}));
}

}  // namespace millrace
