#include "sql/parser/source_text.h"

#include <algorithm>

namespace millrace::sql {
namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The smallest code point that needs so many bytes, and the bits of the lead.
constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
constexpr unsigned char kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

}  // namespace

int CharacterBytes(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const int count = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < count) return 0;
  char32_t code_point = lead & kLeadBits[count];
  for (int i = 1; i < count; ++i) {
    if (!IsContinuation(text[i])) return 0;
    code_point = code_point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[count] || surrogate || code_point > 0x10FFFF) {
    return 0;
  }
  return count;
}

int CharacterCount(absl::string_view text) {
  int count = 0;
  while (!text.empty()) {
    text.remove_prefix(std::max(CharacterBytes(text), 1));
    ++count;
  }
  return count;
}

absl::string_view LineOf(absl::string_view text,
                         const SourceLocation& location) {
  const size_t offset = std::min<size_t>(location.offset, text.size());
  const size_t before = text.substr(0, offset).rfind('\n');
  const size_t start = before == absl::string_view::npos ? 0 : before + 1;
  absl::string_view line = text.substr(start);
  line = line.substr(0, line.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool AppendCodePoint(char32_t code_point, std::string& out) {
  if (code_point > 0x10FFFF) return false;
  if (code_point >= 0xD800 && code_point <= 0xDFFF) return false;
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
    return true;
  }
  const int count = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  const unsigned lead = 0xF00u >> count & 0xFFu;  // 0xC0, 0xE0, 0xF0
  out.push_back(static_cast<char>(lead | code_point >> 6 * (count - 1)));
  for (int i = count - 2; i >= 0; --i) {
    out.push_back(static_cast<char>(0x80 | (code_point >> 6 * i & 0x3F)));
  }
  return true;
}

}  // namespace millrace::sql
