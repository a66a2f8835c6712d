#include "state/slot_heap.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <iterator>

#include "runtime/base/check.h"

namespace millrace {
namespace {

// Small enough for a slice of a few keys, doubled up to a huge page.
constexpr size_t kFirstChunkBytes = 4 << 10;
constexpr size_t kLastChunkBytes = 1 << 20;

}  // namespace

int SlotHeap::ClassOf(size_t size_bytes) {
  return std::bit_width(std::max<size_t>(size_bytes, 16) - 1);
}

char* SlotHeap::Allocate(size_t size_bytes) {
  const int size_class = ClassOf(size_bytes);
  used_bytes_ += int64_t{1} << size_class;
  if (char* block = free_[size_class]; block != nullptr) {
    std::memcpy(&free_[size_class], block, sizeof(char*));
    freed_bytes_ -= int64_t{1} << size_class;
    return block;
  }
  const size_t block_bytes = size_t{1} << size_class;
  if (chunks_.empty() ||
      chunk_used_ + block_bytes > chunks_.back().size_bytes()) {
    const size_t next_bytes =
        chunks_.empty() ? kFirstChunkBytes
                        : std::min(chunks_.back().size_bytes() * 2,
                                   kLastChunkBytes);
    const size_t chunk_bytes = std::max(next_bytes, block_bytes);
    auto chunk = TableMemory::Allocate(chunk_bytes, budget_, owner_);
    if (!chunk.ok()) {
      status_ = chunk.status();
      chunk = TableMemory::Allocate(chunk_bytes, nullptr, owner_);
      MILLRACE_CHECK_OK(chunk.status());
    }
    chunks_.push_back(*std::move(chunk));
    size_bytes_ += static_cast<int64_t>(chunks_.back().size_bytes());
    chunk_used_ = 0;
  }
  chunk_used_ += block_bytes;
  return chunks_.back().data() + chunk_used_ - block_bytes;
}

void SlotHeap::Free(char* block, size_t size_bytes) {
  const int size_class = ClassOf(size_bytes);
  used_bytes_ -= int64_t{1} << size_class;
  freed_bytes_ += int64_t{1} << size_class;
  freed_.emplace_back(block, size_class);
}

void SlotHeap::Reclaim() {
  for (const auto& [block, size_class] : freed_) {
    std::memcpy(block, &free_[size_class], sizeof(char*));
    free_[size_class] = block;
  }
  freed_.clear();
}

// In front of the chunk that blocks are taken from.
void SlotHeap::Adopt(SlotHeap&& other) {
  if (chunks_.empty()) chunk_used_ = other.chunk_used_;
  chunks_.insert(chunks_.begin(),
                 std::make_move_iterator(other.chunks_.begin()),
                 std::make_move_iterator(other.chunks_.end()));
  other.chunks_.clear();
  other.chunk_used_ = 0;
  size_bytes_ += std::exchange(other.size_bytes_, 0);
  used_bytes_ += std::exchange(other.used_bytes_, 0);
  status_.Update(other.status_);
}

StringView SlotHeap::Copy(const StringView& text) {
  if (text.is_inline()) return text;
  char* block = Allocate(text.size());
  std::memcpy(block, text.data(), text.size());
  return StringView(absl::string_view(block, text.size()));
}

void SlotHeap::Drop(const StringView& text) {
  if (!text.is_inline()) Free(const_cast<char*>(text.data()), text.size());
}

}  // namespace millrace
