#include "runtime/batch/chunk.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"

namespace millrace {
namespace {

// Large enough that a batch of 2048 strings needs few, small enough that a
// view kept alive by a slow reader pins little.
constexpr size_t kLargestChunkBytes = 256 << 10;

}  // namespace

Chunk::Chunk(size_t capacity_bytes)
    : data_(static_cast<char*>(std::malloc(capacity_bytes + kPadding))),
      capacity_bytes_(capacity_bytes) {
  MILLRACE_CHECK(data_ != nullptr);
  std::memset(data_ + capacity_bytes, 0, kPadding);
}

Chunk::Chunk(std::string received)
    : received_(std::move(received)), data_(received_.data()) {
  MILLRACE_CHECK(received_.size() >= kPadding);
  capacity_bytes_ = received_.size() - kPadding;
}

Chunk::~Chunk() {
  if (received_.empty()) std::free(data_);
}

StringView StringWriter::Copy(absl::string_view text) {
  if (text.size() <= StringView::kInlineLimit) return StringView(text);
  std::memcpy(Reserve(text.size()), text.data(), text.size());
  return Commit(text.size());
}

char* StringWriter::Reserve(size_t size_bytes) {
  if (current_ == nullptr ||
      used_bytes_ + size_bytes > current_->capacity_bytes()) {
    if (current_ != nullptr) full_.push_back(std::move(current_));
    current_ =
        std::make_shared<Chunk>(std::max(size_bytes, next_capacity_bytes_));
    next_capacity_bytes_ =
        std::min(next_capacity_bytes_ * 2, kLargestChunkBytes);
    used_bytes_ = 0;
  }
  return current_->data() + used_bytes_;
}

StringView StringWriter::Commit(size_t used_bytes) {
  const StringView view(
      absl::string_view(current_->data() + used_bytes_, used_bytes));
  if (!view.is_inline()) used_bytes_ += used_bytes;
  return view;
}

std::vector<ChunkRef> StringWriter::TakeChunks() {
  if (current_ != nullptr) full_.push_back(std::move(current_));
  current_ = nullptr;
  used_bytes_ = 0;
  return std::exchange(full_, {});
}

}  // namespace millrace
