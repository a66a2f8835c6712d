#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "runtime/connector/output_files.h"
#include "state/storage/object_store.h"

namespace millrace {

// Files of sealed output as objects of the job's checkpoint store, named and
// counted like those of state (manifest.h, file_ledger.h).
class CheckpointOutputFiles final : public OutputFiles {
 public:
  struct Options {
    ObjectStore* store = nullptr;  // Outlives this.
    std::string job_id;
    int64_t attempt = 0;
    std::string sink;  // Its uid.
    int subtask = 0;
  };

  explicit CheckpointOutputFiles(Options options)
      : options_(std::move(options)) {}

  absl::StatusOr<OutputFile> Put(int64_t number,
                                 absl::string_view bytes) override;
  absl::StatusOr<std::string> Get(const OutputFile& file) override;
  void Drop(const OutputFile& file) override;

 private:
  const Options options_;
};

}  // namespace millrace
