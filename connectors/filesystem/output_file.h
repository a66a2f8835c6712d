#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// A file being written, through a buffer. Writes go to the page cache and are
// done by the caller. Errors are SNK-0101 and name the file and the reason.
// Not thread-safe.
class OutputFile {
 public:
  // Makes the folders above it and an empty file in place of any other, but
  // not of one that is being written.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(std::string path);

  // An empty file, where there is none: a mark that several may set at once.
  static absl::Status Touch(const std::string& path);

  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Closes without writing what is still in the buffer.
  ~OutputFile();

  const std::string& path() const { return path_; }
  int64_t size_bytes() const { return size_bytes_; }

  absl::Status Append(absl::string_view bytes);
  // Gives the buffer to the operating system.
  absl::Status Flush();
  // Flushes and closes; nothing may follow.
  absl::Status Close();
  // Closes and gives the file the name `path`, in place of any other.
  absl::Status CloseAs(const std::string& path);

 private:
  OutputFile(std::string path, int file)
      : path_(std::move(path)), file_(file) {}

  const std::string path_;
  int file_;
  std::string buffer_;
  int64_t size_bytes_ = 0;
};

}  // namespace millrace
