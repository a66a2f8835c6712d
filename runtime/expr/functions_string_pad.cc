// LPAD, RPAD, REPEAT: strings made longer.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

// A longer result than any record may be is a mistake, and one row of it must
// not take the memory of the job.
constexpr int64_t kLongestResultBytes = 64 << 20;

void FailTooLong(const KernelCall& call, uint32_t row,
                 absl::string_view name) {
  call.out->data<StringView>()[row] = StringView();
  FailRow(call, row,
          UserError({.code = "EXP-0105",
                     .what = absl::StrCat(name, " makes a text of more than ",
                                          kLongestResultBytes, " bytes"),
                     .fix = "Ask for fewer characters"}));
}

char* Append(absl::string_view text, char* out) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// `count` characters of `pad`, over and over. REQUIRES: pad is not empty.
char* AppendPadding(absl::string_view pad, int64_t count, char* out) {
  const int64_t length = CountCharacters(pad);
  for (; count >= length; count -= length) out = Append(pad, out);
  return Append(pad.substr(0, SkipCharacters(pad, 0, count)), out);
}

// (text, characters, padding). NULL for a negative length or nothing to pad
// with.
template <bool left>
void PadKernel(const KernelCall& call) {
  const Column<StringView> texts(*call.args[0]);
  const Column<int64_t> lengths(*call.args[1]);
  const Column<StringView> paddings(*call.args[2]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  ShareChunks(call, 0);
  call.rows.ForEach([&](uint32_t row) {
    const absl::string_view text = texts[row].view();
    const absl::string_view pad = paddings[row].view();
    const int64_t length = lengths[row];
    out[row] = StringView();
    if (length < 0 || pad.empty()) {
      call.out->SetNull(row);
      return;
    }
    const int64_t missing = length - CountCharacters(text);
    if (missing <= 0) {
      out[row] = StringView(text.substr(0, SkipCharacters(text, 0, length)));
      return;
    }
    if (missing > kLongestResultBytes / kMaxCharacterBytes) {
      FailTooLong(call, row, left ? "LPAD" : "RPAD");
      return;
    }
    char* const begin =
        writer.Reserve(text.size() + missing * kMaxCharacterBytes);
    char* const end = left ? Append(text, AppendPadding(pad, missing, begin))
                           : AppendPadding(pad, missing, Append(text, begin));
    out[row] = writer.Commit(end - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

void RepeatKernel(const KernelCall& call) {
  const Column<StringView> texts(*call.args[0]);
  const Column<int64_t> counts(*call.args[1]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    const absl::string_view text = texts[row].view();
    const int64_t count = std::max<int64_t>(counts[row], 0);
    out[row] = StringView();
    if (text.empty() || count == 0) return;
    if (count > kLongestResultBytes / static_cast<int64_t>(text.size())) {
      FailTooLong(call, row, "REPEAT");
      return;
    }
    char* end = writer.Reserve(text.size() * count);
    for (int64_t i = 0; i < count; ++i) end = Append(text, end);
    out[row] = writer.Commit(text.size() * count);
  });
  call.out->AddChunks(writer.TakeChunks());
}

}  // namespace

void RegisterStringPadFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const std::vector<Signature> pad = {{.args = {text, number, text},
                                       .result = text,
                                       .always_nullable = true}};
  registry.Add(Entry("LPAD", "LPAD(string1, integer, string2)", pad,
                     PadKernel<true>));
  registry.Add(Entry("RPAD", "RPAD(string1, integer, string2)", pad,
                     PadKernel<false>));
  registry.Add(Entry("REPEAT", "REPEAT(string, integer)",
                     {{{text, number}, text}}, RepeatKernel));
}

}  // namespace millrace
