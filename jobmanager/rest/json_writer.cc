#include "jobmanager/rest/json_writer.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace millrace {
namespace {

constexpr absl::string_view kReplacement = "\xef\xbf\xbd";

// How many bytes the UTF-8 character at the front takes; 0: it is none.
size_t CharacterLength(absl::string_view text) {
  const auto byte = [&](size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, halves of surrogates, and what lies beyond Unicode.
  const unsigned second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

}  // namespace

void JsonWriter::Separate() {
  if (needs_comma_) text_.push_back(',');
  needs_comma_ = true;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  text_.push_back(bracket);
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  text_.push_back(bracket);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(absl::string_view name) {
  Separate();
  Quote(name);
  text_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Value(absl::string_view text) {
  Separate();
  Quote(text);
  return *this;
}

JsonWriter& JsonWriter::Value(int64_t number) {
  Separate();
  absl::StrAppend(&text_, number);
  return *this;
}

JsonWriter& JsonWriter::Value(double number) {
  if (std::isnan(number)) return Value("NaN");
  if (std::isinf(number)) return Value(number > 0 ? "Infinity" : "-Infinity");
  Separate();
  // "1.0", as Java writes it: whoever reads a number sees that it is none of
  // the whole ones.
  const std::string digits = absl::StrFormat("%.15g", number);
  absl::StrAppend(&text_, digits);
  if (digits.find_first_of(".e") == std::string::npos) text_.append(".0");
  return *this;
}

JsonWriter& JsonWriter::Value(bool truth) {
  Separate();
  text_.append(truth ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  text_.append("null");
  return *this;
}

void JsonWriter::Quote(absl::string_view text) {
  text_.push_back('"');
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0) {
      text_.append(kReplacement.data(), kReplacement.size());
    } else if (first == '"' || first == '\\') {
      text_.push_back('\\');
      text_.push_back(text.front());
    } else if (first == '\n') {
      text_.append("\\n");
    } else if (first < 0x20) {
      absl::StrAppend(&text_, "\\u", absl::Hex(first, absl::kZeroPad4));
    } else {
      text_.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  text_.push_back('"');
}

}  // namespace millrace
