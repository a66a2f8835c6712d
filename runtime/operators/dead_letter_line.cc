#include "runtime/operators/dead_letter_line.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/operators/json_string.h"

namespace millrace {
namespace {

void AppendRecord(const Origin& origin, std::string& line) {
  absl::StrAppend(&line, "\"origin\":", JsonString(origin.text),
                  ",\"raw_base64\":\"", absl::Base64Escape(origin.raw), "\"");
  if (IsUtf8(origin.raw)) {
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
    AppendRecord(record.origin, line);
  } else {
    AppendRow(record, line);
  }
  line += "}";
  return line;
}

}  // namespace millrace
