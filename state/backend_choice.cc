#include "state/backend_choice.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Parts of the budget. Blocks serve every operator; what is resident is
// borrowed by those that have much. The rest is for windows and what is on its
// way, and for the program and what its allocator keeps, which is much of a
// small budget.
constexpr int64_t kCachePart = 4;
constexpr int64_t kResidentPart = 2;
constexpr int64_t kProgramBytes = 128 << 20;
constexpr int64_t kLeastResidentPart = 8;
constexpr int64_t kWaitingPart = 8;
// Without a budget.
constexpr int64_t kCacheBytes = 64 << 20;
constexpr int64_t kResidentBytes = 64 << 20;
// A restore by a process whose state is in memory: for once.
constexpr int64_t kRestoreCacheBytes = 8 << 20;

int64_t ShareOf(const MemoryBudget* budget, int64_t part, int64_t otherwise) {
  return budget == nullptr ? otherwise : budget->limit_bytes() / part;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BackendChoice>> BackendChoice::Make(
    const Options& options) {
  const bool is_rocksdb = options.type == "rocksdb";
  if (!is_rocksdb && options.type != "memory") {
    return UserError({.code = "CFG-0002",
                      .what = absl::StrCat("state.backend.type is '",
                                           options.type, "'"),
                      .why = "state lies in memory or in RocksDB",
                      .fix = "Set it to 'memory' or 'rocksdb'."});
  }
  RocksDbOptions below = {.folder = options.folder,
                          .disk = options.disk,
                          .executor = options.executor,
                          .open_store = options.open_store};
  below.resident_bytes = options.resident_bytes > 0 ? options.resident_bytes
                                                    : kResidentBytes;
  if (options.resident_bytes == 0 && options.memory != nullptr) {
    const int64_t limit_bytes = options.memory->limit_bytes();
    below.spare = std::make_shared<SpareMemory>(
        std::max(limit_bytes / kResidentPart - kProgramBytes,
                 limit_bytes / kLeastResidentPart),
        options.memory);
    below.waiting_bytes = limit_bytes / kWaitingPart;
  }
  int64_t cache_bytes = kRestoreCacheBytes;
  if (is_rocksdb) {
    cache_bytes = options.cache_bytes > 0
                      ? options.cache_bytes
                      : ShareOf(options.memory, kCachePart, kCacheBytes);
  }
  ASSIGN_OR_RETURN(
      below.memory,
      RocksDbMemory::Draw(cache_bytes, is_rocksdb ? options.memory : nullptr));
  return std::unique_ptr<BackendChoice>(
      new BackendChoice(is_rocksdb, std::move(below)));
}

std::unique_ptr<OperatorBackend> BackendChoice::NewBackend(
    const BackendPlace& place, ObjectStore* store,
    std::function<void()> wake) const {
  RocksDbOptions options = options_;
  options.wake = std::move(wake);
  return is_rocksdb_ ? NewRocksDbBackend(place, options, store)
                     : NewMemoryBackendFromAnyForm(place, options, store);
}

}  // namespace millrace
