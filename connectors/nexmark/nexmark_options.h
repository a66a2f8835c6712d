#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "connectors/nexmark/event_model.h"
#include "runtime/connector/options.h"

namespace millrace::nexmark {

// A table's WITH options, read.
struct SourceOptions {
  ModelOptions model;
  // Event times start when the job starts instead of at `base_time_ms`.
  bool base_time_is_now = false;
  int64_t event_count = 0;  // 0 = without end.
  // Emit event n no earlier than its event time's distance from the start.
  bool rate_limited = false;
};

const std::vector<OptionSpec>& OptionSpecs();

absl::StatusOr<SourceOptions> ReadOptions(const TableOptions& options);

}  // namespace millrace::nexmark
