#include "connectors/formats/json/json_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "connectors/formats/json/json_scan.h"
#include "runtime/types/java_number_text.h"
#include "runtime/types/numeric_text.h"

namespace millrace {
namespace {

void AppendEscaped(char c, std::string& out) {
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\b': out.append("\\b"); return;
    case '\t': out.append("\\t"); return;
    case '\n': out.append("\\n"); return;
    case '\f': out.append("\\f"); return;
    case '\r': out.append("\\r"); return;
    default: absl::StrAppendFormat(&out, "\\u%04X", c); return;
  }
}

// Behind the closing quote of the string that begins at `start`.
size_t EndOfString(absl::string_view json, size_t start) {
  size_t i = start + 1;
  while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
  return std::min(i + 1, json.size());
}

// "u00e9" at the front of `text`.
bool ReadHex4(absl::string_view text, uint32_t* code) {
  if (text.size() < 5 || text[0] != 'u') return false;
  for (size_t i = 1; i < 5; ++i) {
    if (!absl::ascii_isxdigit(text[i])) return false;
    *code = *code * 16 + (absl::ascii_isdigit(text[i])
                              ? text[i] - '0'
                              : absl::ascii_tolower(text[i]) - 'a' + 10);
  }
  return true;
}

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out.push_back(static_cast<char>(kLead[more] | code >> 6 * more));
  for (int i = more - 1; i >= 0; --i) {
    out.push_back(static_cast<char>(0x80 | (code >> 6 * i & 0x3F)));
  }
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string& out) {
  out.push_back('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    const char* const stop = SkipUnescaped(at, end);
    out.append(at, stop - at);
    if (stop == end) break;
    AppendEscaped(*stop, out);
    at = stop + 1;
  }
  out.push_back('"');
}

void AppendJsonDouble(double value, std::string& out) {
  char text[kMaxJavaNumberLength];
  const bool quoted = !std::isfinite(value);
  if (quoted) out.push_back('"');
  out.append(text, WriteJavaDouble(value, text));
  if (quoted) out.push_back('"');
}

void AppendJsonFloat(float value, std::string& out) {
  char text[kMaxJavaNumberLength];
  const bool quoted = !std::isfinite(value);
  if (quoted) out.push_back('"');
  out.append(text, WriteJavaFloat(value, text));
  if (quoted) out.push_back('"');
}

absl::string_view FirstJsonValue(absl::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth <= 0) {
      return text.substr(0, i + 1);
    }
  }
  return text;
}

void AppendCompactJson(absl::string_view json, std::string& out) {
  for (size_t i = 0; i < json.size();) {
    const char c = json[i];
    if (c == '"') {
      const size_t end = EndOfString(json, i);
      std::string text;
      UnescapeJson(json.substr(i + 1, end - i - 2), text);
      AppendJsonString(text, out);
      i = end;
    } else if (c == '-' || absl::ascii_isdigit(c)) {
      const size_t end =
          std::min(json.find_first_not_of("+-.eE0123456789", i), json.size());
      const absl::string_view number = json.substr(i, end - i);
      double value = 0;
      if (number.find_first_of(".eE") != absl::string_view::npos &&
          ParseDouble(number, &value)) {
        AppendJsonDouble(value, out);
      } else {
        out.append(number.data(), number.size());
      }
      i = end;
    } else {
      if (!absl::ascii_isspace(c)) out.push_back(c);
      ++i;
    }
  }
}

bool UnescapeJson(absl::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    if (++i == text.size()) return false;
    const absl::string_view letters = "\"\\/bfnrt";
    const size_t letter = letters.find(text[i]);
    if (letter != absl::string_view::npos) {
      out.push_back("\"\\/\b\f\n\r\t"[letter]);
      continue;
    }
    uint32_t code = 0;
    if (!ReadHex4(text.substr(i), &code)) return false;
    i += 4;
    uint32_t low = 0;
    if (code >> 10 == 0x36 && text.substr(i + 1, 1) == "\\" &&
        ReadHex4(text.substr(i + 2), &low) && low >> 10 == 0x37) {
      code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF);
      i += 6;
    } else if (code >> 11 == 0x1B) {
      return false;  // Half of a pair.
    }
    AppendUtf8(code, out);
  }
  return true;
}

}  // namespace millrace
