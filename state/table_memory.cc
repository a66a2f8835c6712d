#include "state/table_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr size_t kHugePageBytes = 2 << 20;

size_t RoundUp(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// Mapped at a multiple of the huge page, so that the kernel can use them from
// the first byte on.
char* MapHuge(size_t size_bytes) {
  const size_t mapped_bytes = size_bytes + kHugePageBytes;
  void* memory = mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  char* start = static_cast<char*>(memory);
  char* aligned = reinterpret_cast<char*>(
      RoundUp(reinterpret_cast<uintptr_t>(start), kHugePageBytes));
  if (aligned > start) munmap(start, aligned - start);
  char* const end = start + mapped_bytes;
  if (end > aligned + size_bytes) {
    munmap(aligned + size_bytes, end - aligned - size_bytes);
  }
  // Without huge pages the table is slower, not wrong.
  (void)madvise(aligned, size_bytes, MADV_HUGEPAGE);
  return aligned;
}

}  // namespace

absl::StatusOr<TableMemory> TableMemory::Allocate(size_t size_bytes,
                                                  MemoryBudget* budget,
                                                  absl::string_view owner) {
  const bool huge = size_bytes >= kHugeBytes;
  TableMemory memory;
  memory.size_bytes_ = RoundUp(size_bytes, huge ? kHugePageBytes : 64);
  const auto charged_bytes = static_cast<int64_t>(memory.size_bytes_);
  if (budget != nullptr) RETURN_IF_ERROR(budget->Take(charged_bytes, owner));
  memory.budget_ = budget;
  if (huge) {
    memory.data_ = MapHuge(memory.size_bytes_);
  } else {
    memory.data_ =
        static_cast<char*>(std::aligned_alloc(64, memory.size_bytes_));
    if (memory.data_ != nullptr) {
      std::memset(memory.data_, 0, memory.size_bytes_);
    }
  }
  MILLRACE_CHECK(memory.data_ != nullptr);
  return memory;
}

TableMemory::~TableMemory() {
  if (data_ != nullptr && size_bytes_ >= kHugeBytes) {
    munmap(data_, size_bytes_);
  } else {
    std::free(data_);
  }
  if (budget_ != nullptr) budget_->Give(static_cast<int64_t>(size_bytes_));
}

}  // namespace millrace
