// POSITION, LOCATE, INSTR, STARTSWITH, ENDSWITH.

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/expr/byte_search.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

constexpr size_t kNone = absl::string_view::npos;

// The 1-based character where `what` begins at or behind character `from`
// (1-based; below 1 is 1); 0 where it does not. The empty string begins
// everywhere, which Flink calls 1.
int32_t Position(absl::string_view what, absl::string_view text,
                 int64_t from) {
  if (what.empty()) return 1;
  const size_t begin =
      SkipCharacters(text, 0, std::max<int64_t>(from - 1, 0));
  const size_t found = FindBytes(text, what, begin);
  if (found == kNone) return 0;
  return static_cast<int32_t>(CountCharacters(text.substr(0, found))) + 1;
}

// POSITION(what, text), LOCATE(what, text[, from]).
void LocateKernel(const KernelCall& call) {
  if (call.args.size() == 2) {
    BinaryLoop<int32_t, StringView, StringView>(
        call, [](const StringView& what, const StringView& text) {
          return Position(what.view(), text.view(), 1);
        });
    return;
  }
  TernaryLoop<int32_t, StringView, StringView, int64_t>(
      call, [](const StringView& what, const StringView& text, int64_t from) {
        return Position(what.view(), text.view(), from);
      });
}

// The first byte of the `nth` appearance of `what` from byte `from` on;
// appearances may overlap.
size_t FindNth(absl::string_view text, absl::string_view what, size_t from,
               int64_t nth) {
  size_t at = FindBytes(text, what, from);
  while (at != kNone && --nth > 0) {
    at = at < text.size() ? FindBytes(text, what, NextCharacter(text, at))
                          : kNone;
  }
  return at;
}

// The same towards the front, for appearances that end at or before `end`.
size_t FindNthBack(absl::string_view text, absl::string_view what, size_t end,
                   int64_t nth) {
  if (end < what.size()) return kNone;
  size_t at = text.rfind(what, end - what.size());
  while (at != kNone && --nth > 0) {
    at = at > 0 ? text.rfind(what, PreviousCharacter(text, at)) : kNone;
  }
  return at;
}

// A negative start counts from the end, and the search goes backwards from
// the character it names. REQUIRES: nth > 0.
int32_t Instr(absl::string_view text, absl::string_view what, int64_t start,
              int64_t nth) {
  if (start == 0) return 0;
  size_t found = kNone;
  if (start > 0) {
    found = FindNth(text, what, SkipCharacters(text, 0, start - 1), nth);
  } else {
    const size_t last = SkipCharactersBack(text, -start - 1);
    found = FindNthBack(text, what, last, nth);
  }
  if (found == kNone) return 0;
  return static_cast<int32_t>(CountCharacters(text.substr(0, found))) + 1;
}

// INSTR(text, what[, start[, nth]]).
void InstrKernel(const KernelCall& call) {
  const Column<StringView> text(*call.args[0]);
  const Column<StringView> what(*call.args[1]);
  int32_t* const out = call.out->data<int32_t>();
  const auto number = [&](size_t argument, uint32_t row) -> int64_t {
    if (call.args.size() <= argument) return 1;
    return Column<int64_t>(*call.args[argument])[row];
  };
  call.rows.ForEach([&](uint32_t row) {
    const int64_t nth = number(3, row);
    if (nth <= 0) {
      out[row] = 0;
      FailRow(call, row,
              UserError({.code = "EXP-0101",
                         .what = "INSTR looks for the 0th or an earlier "
                                 "appearance",
                         .fix = "The fourth argument counts from 1"}));
      return;
    }
    out[row] = Instr(text[row].view(), what[row].view(), number(2, row), nth);
  });
}

void StartsWithKernel(const KernelCall& call) {
  BinaryLoop<uint8_t, StringView, StringView>(
      call, [](const StringView& text, const StringView& start) -> uint8_t {
        return text.size() >= start.size() &&
               std::memcmp(text.data(), start.data(), start.size()) == 0;
      });
}

void EndsWithKernel(const KernelCall& call) {
  BinaryLoop<uint8_t, StringView, StringView>(
      call, [](const StringView& text, const StringView& end) -> uint8_t {
        return text.size() >= end.size() &&
               std::memcmp(text.data() + text.size() - end.size(), end.data(),
                           end.size()) == 0;
      });
}

}  // namespace

void RegisterStringFindFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType bytes = LogicalType::Bytes();
  const LogicalType integer = LogicalType::Integer();
  const LogicalType number = LogicalType::BigInt();
  const LogicalType boolean = LogicalType::Boolean();
  const std::vector<Signature> locate = {{{text, text}, integer},
                                         {{text, text, number}, integer}};
  registry.Add(Entry("POSITION", "POSITION(string1 IN string2 [FROM integer])",
                     locate, LocateKernel));
  registry.Add(Entry("LOCATE", "LOCATE(string1, string2[, integer])", locate,
                     LocateKernel));
  registry.Add(Entry("INSTR", "INSTR(string1, string2[, start[, nth]])",
                     {{{text, text}, integer},
                      {{text, text, number}, integer},
                      {{text, text, number, number}, integer}},
                     InstrKernel));
  registry.Add(Entry("STARTSWITH", "STARTSWITH(expr, startExpr)",
                     {{{text, text}, boolean}, {{bytes, bytes}, boolean}},
                     StartsWithKernel));
  registry.Add(Entry("ENDSWITH", "ENDSWITH(expr, endExpr)",
                     {{{text, text}, boolean}, {{bytes, bytes}, boolean}},
                     EndsWithKernel));
}

}  // namespace millrace
