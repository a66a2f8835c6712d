#include "bench/limit/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace millrace::bench {
namespace {

constexpr size_t kPaddingBytes = 64;

}  // namespace

EventFile::EventFile(const char* path)
    : file_(open(path, O_RDONLY)), buffer_(kChunkBytes + kPaddingBytes, '\0') {
  if (file_ < 0) {
    std::perror(path);
    std::exit(2);
  }
}

EventFile::~EventFile() { close(file_); }

EventFile::Lines EventFile::Next() {
  std::memmove(buffer_.data(), buffer_.data() + kept_from_,
               filled_ - kept_from_);
  filled_ -= kept_from_;
  kept_from_ = 0;
  while (filled_ < kChunkBytes) {
    const ssize_t got =
        read(file_, buffer_.data() + filled_, kChunkBytes - filled_);
    if (got <= 0) break;
    filled_ += static_cast<size_t>(got);
  }
  const void* last = memrchr(buffer_.data(), '\n', filled_);
  kept_from_ = last == nullptr
                   ? filled_
                   : static_cast<const char*>(last) - buffer_.data() + 1;
  return {buffer_.data(), kept_from_};
}

}  // namespace millrace::bench
