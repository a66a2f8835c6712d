// SPLIT_INDEX, SPLIT: pieces between separators, as views of the text.

#include <vector>

#include "runtime/expr/byte_search.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

constexpr size_t kNone = absl::string_view::npos;

// Piece `index` between single bytes; false: there are not so many. An empty
// text has no pieces at all.
bool PieceBetweenBytes(absl::string_view text, char separator, int64_t index,
                       StringView* piece) {
  if (text.empty() || index < 0) return false;
  size_t begin = 0;
  size_t end = kNone;
  ForEachByte(text, separator, [&](size_t at) {
    if (index-- == 0) {
      end = at;
      return false;
    }
    begin = at + 1;
    return true;
  });
  if (end == kNone) {
    if (index > 0) return false;
    end = text.size();
  }
  *piece = StringView(text.substr(begin, end - begin));
  return true;
}

// An empty separator splits at white space, each character of it once.
bool IsJavaWhitespace(char c) {
  return (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= ' ');
}

bool PieceAtWhitespace(absl::string_view text, int64_t index,
                       StringView* piece) {
  if (text.empty() || index < 0) return false;
  size_t begin = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !IsJavaWhitespace(text[at])) continue;
    if (index-- == 0) {
      *piece = StringView(text.substr(begin, at - begin));
      return true;
    }
    begin = at + 1;
  }
  return false;
}

bool PieceBetween(absl::string_view text, absl::string_view separator,
                  int64_t index, StringView* piece) {
  if (separator.size() == 1) {
    return PieceBetweenBytes(text, separator[0], index, piece);
  }
  if (separator.empty()) return PieceAtWhitespace(text, index, piece);
  if (text.empty() || index < 0) return false;
  size_t begin = 0;
  for (; index > 0; --index) {
    const size_t at = text.find(separator, begin);
    if (at == kNone) return false;
    begin = at + separator.size();
  }
  *piece = StringView(text.substr(
      begin, std::min(text.find(separator, begin), text.size()) - begin));
  return true;
}

// SPLIT_INDEX(string, separator, index), or with the separator's code, which
// is of use from 1 to 255.
void SplitIndexKernel(const KernelCall& call) {
  const Column<StringView> text(*call.args[0]);
  const Column<int64_t> index(*call.args[2]);
  StringView* const out = call.out->data<StringView>();
  ShareChunks(call, 0);
  const auto put = [&](uint32_t row, absl::string_view separator) {
    StringView piece;
    if (!PieceBetween(text[row].view(), separator, index[row], &piece)) {
      call.out->SetNull(row);
    }
    out[row] = piece;
  };
  if (call.args[1]->physical() == PhysicalType::kString) {
    const Column<StringView> separator(*call.args[1]);
    call.rows.ForEach(
        [&](uint32_t row) { put(row, separator[row].view()); });
    return;
  }
  const Column<int64_t> code(*call.args[1]);
  call.rows.ForEach([&](uint32_t row) {
    if (code[row] < 1 || code[row] > 255) {
      call.out->SetNull(row);
      out[row] = StringView();
      return;
    }
    char bytes[kMaxCharacterBytes];
    const char* const end =
        EncodeCharacter(static_cast<char32_t>(code[row]), bytes);
    put(row, absl::string_view(bytes, end - bytes));
  });
}

// Calls `add` for every piece; an empty separator parts every character.
template <typename Add>
void ForEachPiece(absl::string_view text, absl::string_view separator,
                  Add&& add) {
  size_t begin = 0;
  if (separator.empty() && !text.empty()) {
    while (begin < text.size()) {
      const size_t next = NextCharacter(text, begin);
      add(text.substr(begin, next - begin));
      begin = next;
    }
    return;
  }
  size_t at = separator.empty() ? kNone : text.find(separator);
  while (at != kNone) {
    add(text.substr(begin, at - begin));
    begin = at + separator.size();
    at = text.find(separator, begin);
  }
  add(text.substr(begin));
}

// SPLIT(string, separator): an ARRAY.
absl::StatusOr<std::unique_ptr<Kernel>> SplitFactory(const KernelSource&) {
  return MakeKernel([pieces = std::vector<StringView>()](
                        const KernelCall& call) mutable {
    const Column<StringView> text(*call.args[0]);
    const Column<StringView> separator(*call.args[1]);
    ListEntry* const out = call.out->data<ListEntry>();
    pieces.clear();
    call.rows.ForEach([&](uint32_t row) {
      const uint32_t offset = static_cast<uint32_t>(pieces.size());
      ForEachPiece(text[row].view(), separator[row].view(),
                   [&](absl::string_view piece) {
                     pieces.push_back(StringView(piece));
                   });
      out[row] = {offset, static_cast<uint32_t>(pieces.size()) - offset};
    });
    auto child = std::make_shared<Vector>(
        PhysicalType::kString,
        std::max<uint32_t>(1, static_cast<uint32_t>(pieces.size())));
    std::copy(pieces.begin(), pieces.end(), child->data<StringView>());
    child->AddChunks(call.args[0]->chunks());
    call.out->SetChild(0, std::move(child));
  });
}

}  // namespace

void RegisterStringSplitFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  registry.Add(Entry(
      "SPLIT_INDEX", "SPLIT_INDEX(string, separator, index)",
      {{.args = {text, text, number},
        .result = text,
        .always_nullable = true},
       {.args = {text, number, number},
        .result = text,
        .always_nullable = true}},
      SplitIndexKernel));
  registry.Add(PreparedEntry("SPLIT", "SPLIT(string, separator)",
                             {{{text, text}, LogicalType::Array(text)}},
                             SplitFactory));
}

}  // namespace millrace
