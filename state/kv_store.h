#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/disk.h"
#include "state/store_run.h"

namespace millrace {

// A sorted map of bytes on disk: what lies below the keyed states of one
// operator of one subtask. What it loses when the process dies is restored
// from the last checkpoint, so writes need not be durable.
//
// Calls block; they are made on an Executor. Thread-safe, but Write and Link
// are called one at a time. Errors: kUnavailable (an I/O error),
// kResourceExhausted (no space), kDataLoss (damaged files).
class KvStore {
 public:
  struct File {
    std::string name;
    int64_t size_bytes = 0;
    // Never changed, and of no other content in this store's life: a table.
    bool is_immutable = false;
  };

  virtual ~KvStore() = default;

  // Puts all of the run in. After an error it may be there in part, and is to
  // be written again.
  virtual absl::Status Write(const StoreRun& run) = 0;
  // values[i] = what lies under keys[i], which are sorted.
  virtual absl::Status Read(
      std::span<const absl::string_view> keys,
      std::vector<std::optional<std::string>>& values) = 0;
  // Every entry with first <= key < limit, in order, until `visit` fails.
  virtual absl::Status Scan(
      absl::string_view first, absl::string_view limit,
      absl::FunctionRef<absl::Status(absl::string_view key,
                                     absl::string_view value)>
          visit) = 0;
  // Makes the folder `directory`, new, with files that together are the store
  // as it is now; what they share with the store is linked, not copied.
  virtual absl::StatusOr<std::vector<File>> Link(
      const std::string& directory) = 0;
};

// Opens the store in the folder `path`, made when it is not there, or, to be
// read alone, the one whose files lie there. `disk` outlives it.
using KvStoreOpener = std::function<absl::StatusOr<std::unique_ptr<KvStore>>(
    const std::string& path, bool read_only, Disk* disk)>;

}  // namespace millrace
