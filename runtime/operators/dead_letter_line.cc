#include "runtime/operators/dead_letter_line.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/connector/letter_parts.h"
#include "runtime/operators/json_string.h"

namespace millrace {
namespace {

// So much of a record is shown as text beside its bytes.
constexpr size_t kLongestText = 64 << 10;

std::string Base64OrNull(const std::string& bytes, bool is_there) {
  if (!is_there) return "null";
  return absl::StrCat("\"", absl::Base64Escape(bytes), "\"");
}

void AppendMessage(const MessageParts& message, std::string& line) {
  absl::StrAppend(&line, ",\"bad_part\":\"",
                  message.bad_key ? "key" : "value", "\"");
  if (message.time_ms >= 0) {
    absl::StrAppend(&line, ",\"record_time\":", message.time_ms);
  }
  if (message.key) {
    absl::StrAppend(&line, ",\"key_base64\":",
                    Base64OrNull(*message.key, true));
  }
  if (message.headers.empty()) return;
  line += ",\"headers\":[";
  for (const auto& [name, value] : message.headers) {
    absl::StrAppend(&line, "[", JsonString(name), ",",
                    Base64OrNull(value.value_or(""), value.has_value()), "],");
  }
  line.back() = ']';
}

void AppendRecord(const RejectedRecord& record, std::string& line) {
  const Origin& origin = record.origin;
  const LetterParts parts = LetterPartsOf(record.error);
  absl::StrAppend(&line, "\"origin\":", JsonString(origin.text));
  if (!origin.source.empty()) {
    absl::StrAppend(&line, ",\"source\":", JsonString(origin.source));
  }
  if (origin.partition) {
    absl::StrAppend(&line, ",\"partition\":", *origin.partition);
  }
  if (origin.position) {
    absl::StrAppend(&line, ",\"position\":", *origin.position);
  }
  if (parts.message) AppendMessage(*parts.message, line);
  const bool has_raw = !parts.message || parts.message->has_value;
  absl::StrAppend(&line, ",\"raw_base64\":", Base64OrNull(origin.raw, has_raw));
  if (parts.cut) {
    absl::StrAppend(&line, ",\"raw_size\":", parts.cut->size_bytes,
                    ",\"raw_hash\":\"",
                    absl::Hex(parts.cut->hash, absl::kZeroPad16), "\"");
  }
  if (has_raw && origin.raw.size() <= kLongestText && IsUtf8(origin.raw)) {
    absl::StrAppend(&line, ",\"raw_text\":", JsonString(origin.raw));
  }
}

void AppendRow(const RejectedRecord& row, std::string& line) {
  absl::StrAppend(&line, "\"expression\":", JsonString(row.expression),
                  ",\"row\":", row.origin.raw);
}

}  // namespace

std::string DeadLetterLine(const DeadLetterPlace& place,
                           const RejectedRecord& record, absl::Time now) {
  std::string line = absl::StrCat(
      "{\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()),
      "\",\"job\":", JsonString(place.job), ",\"attempt\":", place.attempt,
      ",\"operator\":", JsonString(place.op), ",\"code\":",
      JsonString(ErrorCode(record.error).value_or("SRC-0000")),
      ",\"message\":", JsonString(record.error.message()), ",");
  if (record.expression.empty()) {
    AppendRecord(record, line);
  } else {
    AppendRow(record, line);
  }
  line += "}";
  return line;
}

}  // namespace millrace
