#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/batch/string_view.h"

namespace millrace {

// A run of bytes that StringViews point into: a piece of a file as read, Kafka
// messages copied together, or strings made by an expression. Filled by one
// thread, then shared unchanged. After the last byte follow kPadding readable
// ones, which vectorised parsers may look at.
class Chunk {
 public:
  static constexpr size_t kPadding = 64;

  explicit Chunk(size_t capacity_bytes);
  // Bytes as they were received, without a copy. REQUIRES: the last kPadding
  // of them are the padding.
  explicit Chunk(std::string received);
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  ~Chunk();

  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  std::string received_;  // Empty where `data_` was allocated here.
  char* data_;
  size_t capacity_bytes_;
};

// Shared because columns of several batches, on several threads, point into
// one chunk; it goes with the last of them.
using ChunkRef = std::shared_ptr<const Chunk>;

// Appends strings to chunks it allocates, for one output column. Hands its
// chunks to the column with TakeChunks. Not thread-safe.
class StringWriter {
 public:
  // A view of a copy of `text`; copies nothing when it fits inline.
  StringView Copy(absl::string_view text);

  // Room for `size_bytes`, to be filled and then turned into a view with
  // Commit. The room holds until the next call of Reserve or Copy.
  char* Reserve(size_t size_bytes);
  // REQUIRES: used_bytes <= the last Reserve's size. The view of the first
  // `used_bytes` of that room; the rest is given back.
  StringView Commit(size_t used_bytes);

  // Every chunk written so far; the writer starts afresh.
  std::vector<ChunkRef> TakeChunks();

 private:
  std::shared_ptr<Chunk> current_;
  size_t used_bytes_ = 0;
  size_t next_capacity_bytes_ = 4096;
  std::vector<ChunkRef> full_;
};

}  // namespace millrace
