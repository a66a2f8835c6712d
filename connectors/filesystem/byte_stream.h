#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace millrace {

// The bytes of a file from some offset on, decompressed where its name says
// so (.gz, .zst). Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `size_bytes` bytes into `out`; 0 only at the end. Errors: SRC-0201
  // the file cannot be read, SRC-0203 its compressed form is broken.
  virtual absl::StatusOr<size_t> Read(char* out, size_t size_bytes) = 0;
};

// Whether a range in the middle of the file can be read by itself.
bool IsCompressed(const std::string& path);

// Starts at `offset` of the decompressed bytes. SRC-0201: no such file.
absl::StatusOr<std::unique_ptr<ByteStream>> OpenByteStream(
    const std::string& path, int64_t offset);

}  // namespace millrace
