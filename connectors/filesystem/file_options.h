#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/connector/options.h"
#include "runtime/connector/table.h"

namespace millrace {

// The options of the connector "filesystem", Flink's and one of our own.
struct FileOptions {
  absl::Duration monitor_interval = absl::InfiniteDuration();
  int64_t record_limit_bytes = 8 << 20;

  // A part file is closed when it has this many bytes or this age.
  int64_t part_size_bytes = 128 << 20;
  absl::Duration rollover_interval = absl::Minutes(30);
  absl::Duration check_interval = absl::Minutes(1);

  std::string default_partition_name;
  // Whether a partition is committed by the watermark or by the wall clock.
  bool commit_by_partition_time = false;
  absl::Duration commit_delay = absl::ZeroDuration();
  bool success_file = false;
  std::string success_file_name;
  // "$dt $hm:00"; empty: the first partition column.
  std::string timestamp_pattern;
  std::string timestamp_formatter;

  bool is_monitored() const {
    return monitor_interval != absl::InfiniteDuration();
  }
};

const std::vector<OptionSpec>& FileOptionSpecs();

// Errors: SQL-0903.
absl::StatusOr<FileOptions> ReadFileOptions(const TableDescriptor& table);

}  // namespace millrace
