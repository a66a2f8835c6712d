// SUBSTRING, LEFT, RIGHT: pieces of a string, as views of it.

#include <algorithm>
#include <limits>

#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

// Flink's rule: from 1; 0 is the start; a negative start counts from the end
// and gives nothing when that lies before the start.
StringView Substring(const StringView& text, int64_t start, int64_t length) {
  const absl::string_view from = text.view();
  size_t begin = 0;
  if (start > 0) {
    begin = SkipCharacters(from, 0, start - 1);
  } else if (start < 0) {
    // As many characters as asked for, or it lies before the start.
    const size_t at = SkipCharactersBack(from, -start);
    if (at == 0 && CountCharacters(from) < -start) return StringView();
    begin = at;
  }
  if (begin >= from.size()) return StringView();
  const size_t end = length >= static_cast<int64_t>(from.size())
                         ? from.size()
                         : SkipCharacters(from, begin, length);
  return StringView(from.substr(begin, end - begin));
}

// A length or start beyond INT, and a negative length, give NULL.
void SubstringKernel(const KernelCall& call) {
  constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
  const Column<StringView> text(*call.args[0]);
  const Column<int64_t> start(*call.args[1]);
  StringView* const out = call.out->data<StringView>();
  ShareChunks(call, 0);
  if (call.args.size() == 2) {
    call.rows.ForEach([&](uint32_t row) {
      out[row] = Substring(text[row], start[row], kMaxInt);
    });
    return;
  }
  const Column<int64_t> length(*call.args[2]);
  call.rows.ForEach([&](uint32_t row) {
    if (length[row] < 0 || length[row] > kMaxInt || start[row] > kMaxInt) {
      call.out->SetNull(row);
      out[row] = StringView();
    } else {
      out[row] = Substring(text[row], start[row], length[row]);
    }
  });
}

void LeftKernel(const KernelCall& call) {
  ShareChunks(call, 0);
  BinaryLoop<StringView, StringView, int64_t>(
      call, [](const StringView& text, int64_t count) {
        const absl::string_view from = text.view();
        return StringView(
            from.substr(0, SkipCharacters(from, 0, std::max<int64_t>(count,
                                                                     0))));
      });
}

void RightKernel(const KernelCall& call) {
  ShareChunks(call, 0);
  BinaryLoop<StringView, StringView, int64_t>(
      call, [](const StringView& text, int64_t count) {
        const absl::string_view from = text.view();
        return StringView(
            from.substr(SkipCharactersBack(from, std::max<int64_t>(count,
                                                                   0))));
      });
}

}  // namespace

void RegisterStringCutFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const std::vector<Signature> substring = {
      {.args = {text, number}, .result = text, .always_nullable = true},
      {.args = {text, number, number},
       .result = text,
       .always_nullable = true}};
  registry.Add(Entry("SUBSTRING",
                     "SUBSTRING(string, start[, length])\n"
                     "SUBSTRING(string FROM start [FOR length])",
                     substring, SubstringKernel));
  registry.AddAlias("SUBSTR", "SUBSTRING");
  registry.Add(Entry("LEFT", "LEFT(string, integer)",
                     {{{text, number}, text}}, LeftKernel));
  registry.Add(Entry("RIGHT", "RIGHT(string, integer)",
                     {{{text, number}, text}}, RightKernel));
}

}  // namespace millrace
