#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Sealed output that is too large to lie in a checkpoint itself: a file among
// the job's checkpoint files. A checkpoint whose committables name it keeps it,
// and so does every savepoint; without any it is deleted.
struct OutputFile {
  std::string name;
  int64_t size_bytes = 0;
  uint32_t crc32c = 0;

  friend bool operator==(const OutputFile&, const OutputFile&) = default;
};

// Writes and reads such files for one sink subtask of one attempt. Calls block
// and are made on an Executor. Thread-safe.
class OutputFiles {
 public:
  virtual ~OutputFiles() = default;

  // OK: it is durable and whole, under a name of its own; `number` is one that
  // no other Put of this has. kUnavailable: it may be there, and may be put
  // again.
  virtual absl::StatusOr<OutputFile> Put(int64_t number,
                                         absl::string_view bytes) = 0;
  // All of it. kDataLoss: it is gone or damaged. kUnavailable: for now.
  virtual absl::StatusOr<std::string> Get(const OutputFile& file) = 0;
  // It was put here and will never be named by a checkpoint.
  virtual void Drop(const OutputFile& file) = 0;
};

}  // namespace millrace
