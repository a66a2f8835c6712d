#include "connectors/filesystem/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// What one system call writes: few calls, and still in the L2.
constexpr size_t kBufferBytes = 128 << 10;

absl::Status Unwritable(absl::string_view path, absl::string_view why) {
  return UserError(
      {.code = "SNK-0101",
       .what = absl::StrCat("cannot write '", path, "'"),
       .why = std::string(why),
       .fix = "Check the table's option 'path', its permissions and the space "
              "left on the device"});
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(
    std::string path) {
  std::error_code error;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return Unwritable(path, error.message());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return Unwritable(path, std::strerror(errno));
  // Two writers of one file would lose each other's rows. File systems without
  // locks are written all the same.
  if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(file);
    return Unwritable(path, "another sink is writing it");
  }
  if (ftruncate(file, 0) != 0 && errno != EINVAL) {
    close(file);
    return Unwritable(path, std::strerror(errno));
  }
  return std::unique_ptr<OutputFile>(new OutputFile(std::move(path), file));
}

absl::Status OutputFile::Touch(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return Unwritable(path, std::strerror(errno));
  close(file);
  return absl::OkStatus();
}

OutputFile::~OutputFile() {
  if (file_ >= 0) close(file_);
}

absl::Status OutputFile::Append(absl::string_view bytes) {
  buffer_.append(bytes.data(), bytes.size());
  size_bytes_ += static_cast<int64_t>(bytes.size());
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status OutputFile::Flush() {
  size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t some =
        write(file_, buffer_.data() + written, buffer_.size() - written);
    if (some >= 0) {
      written += static_cast<size_t>(some);
    } else if (errno != EINTR) {
      return Unwritable(path_, std::strerror(errno));
    }
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status OutputFile::Close() {
  RETURN_IF_ERROR(Flush());
  if (close(std::exchange(file_, -1)) != 0) {
    return Unwritable(path_, std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::Status OutputFile::CloseAs(const std::string& path) {
  RETURN_IF_ERROR(Close());
  if (std::rename(path_.c_str(), path.c_str()) != 0) {
    return Unwritable(path, std::strerror(errno));
  }
  return absl::OkStatus();
}

}  // namespace millrace
