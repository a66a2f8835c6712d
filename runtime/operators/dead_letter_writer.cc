#include "runtime/operators/dead_letter_writer.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

// Length of the valid UTF-8 sequence that `text` begins with; 0 = none.
size_t Utf8SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// As a JSON string; bytes that are no UTF-8 become '?'.
std::string JsonText(absl::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    const char c = text[0];
    if (length == 0) {
      out += '?';
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + "\"";
}

}  // namespace

DeadLetterWriter::~DeadLetterWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

absl::Status DeadLetterWriter::Write(const RejectedRecord& record,
                                     absl::Time now) {
  if (file_ == nullptr) {
    std::error_code ignored;  // Opening says what is wrong.
    std::filesystem::create_directories(
        std::filesystem::path(options_.path).parent_path(), ignored);
    file_ = std::fopen(options_.path.c_str(), "ae");
    if (file_ == nullptr) return Failed("opened");
  }
  const absl::string_view raw = record.origin.raw;
  std::string line = absl::StrCat(
      "{\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()),
      "\",\"job\":", JsonText(options_.job),
      ",\"attempt\":", options_.attempt,
      ",\"operator\":", JsonText(options_.op), ",\"code\":",
      JsonText(ErrorCode(record.error).value_or("SRC-0000")),
      ",\"message\":", JsonText(record.error.message()),
      ",\"origin\":", JsonText(record.origin.text), ",\"raw_base64\":\"",
      absl::Base64Escape(raw), "\"");
  if (IsUtf8(raw)) absl::StrAppend(&line, ",\"raw_text\":", JsonText(raw));
  line += "}\n";
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size()) {
    return Failed("written");
  }
  return absl::OkStatus();
}

absl::Status DeadLetterWriter::Flush() {
  if (file_ != nullptr && std::fflush(file_) != 0) return Failed("written");
  return absl::OkStatus();
}

absl::Status DeadLetterWriter::Failed(absl::string_view doing) const {
  return MakeError(
      absl::StatusCode::kUnavailable,
      {.code = "SRC-0042",
       .what = absl::StrCat("the file of quarantined records cannot be ",
                            doing),
       .where = options_.path,
       .why = std::strerror(errno),
       .fix = "Make the directory writable, or set 'error-handling.mode' to "
              "'fail' or 'drop'."});
}

}  // namespace millrace
