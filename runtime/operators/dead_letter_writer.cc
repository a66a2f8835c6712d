#include "runtime/operators/dead_letter_writer.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/operators/dead_letter_line.h"

namespace millrace {
namespace {

// Files of a connector have 16 hex digits in the place of the word.
constexpr absl::string_view kLines = "part-lines-";

// Whether another attempt may have more luck.
bool IsPassing(int error) {
  return error == ENOSPC || error == EDQUOT || error == EIO ||
         error == EMFILE || error == ENFILE || error == EINTR;
}

}  // namespace

std::string DeadLetterWriter::FileName(const Author& author) {
  const uint64_t op = HashBytes(absl::StrCat(author.job_id, "/", author.uid));
  return absl::StrCat(kLines, absl::Hex(op, absl::kZeroPad16), "-",
                      author.subtask, "-", author.attempt);
}

bool DeadLetterWriter::IsFileName(absl::string_view name) {
  return absl::StartsWith(name, kLines);
}

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
  const DeadLetterPlace place = {options_.job, options_.attempt, options_.op};
  const std::string line =
      absl::StrCat(DeadLetterLine(place, record, now), "\n");
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
