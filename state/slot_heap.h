#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/string_view.h"
#include "state/table_memory.h"

namespace millrace {

// Where a table keeps what does not fit its cells and slots: long keys, and
// strings that aggregates hold on to. Goes as a whole with its table.
//
// Blocks come in powers of two. A freed one is used again only after Reclaim,
// so that copies of slots taken before a batch stay readable until its end.
class SlotHeap {
 public:
  SlotHeap(MemoryBudget* budget, std::string owner)
      : budget_(budget), owner_(std::move(owner)) {}

  char* Allocate(size_t size_bytes);
  // REQUIRES: `size_bytes` as allocated.
  void Free(char* block, size_t size_bytes);
  void Reclaim();
  // Takes over what `other` has given out.
  void Adopt(SlotHeap&& other);
  // What it has drawn, what of it lies in blocks that are not free, and what in
  // blocks that were freed and not given again.
  int64_t size_bytes() const { return size_bytes_; }
  int64_t used_bytes() const { return used_bytes_; }
  int64_t freed_bytes() const { return freed_bytes_; }

  // A view whose bytes, when not inline, lie in this heap.
  StringView Copy(const StringView& text);
  // Frees what Copy took.
  void Drop(const StringView& text);

  // kResourceExhausted once the budget was exceeded. The heap goes on giving
  // blocks, so that kernels need no status; callers ask once a batch.
  const absl::Status& status() const { return status_; }

 private:
  static constexpr int kClassCount = 40;

  static int ClassOf(size_t size_bytes);

  MemoryBudget* budget_;
  std::string owner_;
  absl::Status status_;
  std::vector<TableMemory> chunks_;
  size_t chunk_used_ = 0;
  int64_t size_bytes_ = 0;
  int64_t used_bytes_ = 0;
  int64_t freed_bytes_ = 0;
  char* free_[kClassCount] = {};  // Lists linked through the blocks.
  std::vector<std::pair<char*, int>> freed_;
};

}  // namespace millrace
