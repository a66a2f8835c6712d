#pragma once

#include <cstddef>
#include <string>

namespace millrace::bench {

// A file of JSON lines, read a few MiB of whole lines at a time, with the
// readable bytes behind the last one that a vectorised parser wants.
class EventFile {
 public:
  static constexpr size_t kChunkBytes = 4 << 20;

  // Ends the process with a message when the file cannot be read.
  explicit EventFile(const char* path);
  ~EventFile();

  // Whole lines, up to kChunkBytes; size 0 at the end. Valid until the next
  // call.
  struct Lines {
    const char* data;
    size_t size_bytes;
  };
  Lines Next();

 private:
  int file_;
  std::string buffer_;
  size_t kept_from_ = 0;
  size_t filled_ = 0;
};

}  // namespace millrace::bench
