#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Small records that decide: who leads, which checkpoint is the latest, which
// ids were given out. Linearizable: a Read sees every write that was answered
// before it began.
//
// Calls block; they are made on an Executor. Thread-safe, and safe between
// processes.
class HaStore {
 public:
  struct Record {
    std::string value;
    int64_t version = 0;  // Rises with each write of the record.
  };

  virtual ~HaStore() = default;

  // nullopt: there is no such record. kUnavailable: try again.
  virtual absl::StatusOr<std::optional<Record>> Read(
      const std::string& name) = 0;

  // Writes where the record's version is `expected` (0: where there is none)
  // and returns the new version.
  //   kAborted      the version is another; nothing was written
  //   kUnavailable  nothing was written; try again
  //   kUnknown      may have been written, now or soon: only a later Read or
  //                 CompareAndSwap tells, and until then nothing that either
  //                 outcome needs may be deleted
  virtual absl::StatusOr<int64_t> CompareAndSwap(const std::string& name,
                                                 int64_t expected,
                                                 absl::string_view value) = 0;

  // Removes the record where its version is `expected`; errors as above.
  virtual absl::Status CompareAndDelete(const std::string& name,
                                        int64_t expected) = 0;
};

}  // namespace millrace
