#include "runtime/operators/dead_letter_writer.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

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

// Whether another attempt may have more luck.
bool IsPassing(int error) {
  return error == ENOSPC || error == EDQUOT || error == EIO ||
         error == EMFILE || error == ENFILE || error == EINTR;
}

void AppendRow(const RejectedRecord& row, std::string& line) {
  absl::StrAppend(&line, "\"expression\":", JsonString(row.expression),
                  ",\"row\":", row.origin.raw);
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
  std::string line = absl::StrCat(
      "{\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()),
      "\",\"job\":", JsonString(options_.job),
      ",\"attempt\":", options_.attempt,
      ",\"operator\":", JsonString(options_.op), ",\"code\":",
      JsonString(ErrorCode(record.error).value_or("SRC-0000")),
      ",\"message\":", JsonString(record.error.message()), ",");
  if (record.expression.empty()) {
    AppendRecord(record.origin, line);
  } else {
    AppendRow(record, line);
  }
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
      IsPassing(errno) ? absl::StatusCode::kUnavailable
                       : absl::StatusCode::kInvalidArgument,
      {.code = "SRC-0042",
       .what = absl::StrCat("the file of quarantined records cannot be ",
                            doing),
       .where = options_.path,
       .why = std::strerror(errno),
       .fix = "Make the directory writable, or set 'error-handling.mode' to "
              "'fail' or 'drop'."});
}

}  // namespace millrace
