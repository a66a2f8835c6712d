#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "connectors/filesystem/file_options.h"

namespace millrace {

// Decides when a partition is complete, as far as one subtask knows: by its
// watermark or by the wall clock. Pure: told of rows and times, answers which
// partitions are due.
//
// A partition that gets rows after it was complete is complete again, later.
class PartitionCommit {
 public:
  PartitionCommit(const FileOptions& options, std::vector<std::string> keys);

  // Rows were written to `partition`, whose columns have these values.
  void OnRows(int partition, const std::vector<std::string>& values,
              absl::Time now);

  // Partitions that are due at this watermark and time; they are forgotten.
  std::vector<int> TakeDue(int64_t watermark_ms, absl::Time now);
  // Every partition that is left, at the end of the input.
  std::vector<int> TakeAll();

  bool has_pending() const { return !pending_.empty(); }
  // The partitions that are not complete yet, each with its first row's time:
  // what OnRows is to be told after a restore.
  std::vector<std::pair<int, absl::Time>> Pending() const;

  // The time of a partition, ms since the epoch, by the pattern and formatter
  // of the options; kMaxWatermark where the values make no time, so that only
  // the end of the input commits it.
  int64_t PartitionTime(const std::vector<std::string>& values) const;

 private:
  struct Waiting {
    int64_t partition_time_ms = 0;
    absl::Time first_row;
  };

  const FileOptions options_;
  const std::vector<std::string> keys_;
  std::map<int, Waiting> pending_;
};

}  // namespace millrace
