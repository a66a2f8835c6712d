#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "absl/status/status.h"
#include "state/run_file.h"
#include "state/snapshot.h"

namespace millrace {

// Runs of the same key groups that stand one on another, oldest first.
struct RunStack {
  KeyGroupRange groups;
  std::deque<RunFile> runs;
};

using BatchVisitor = std::function<absl::Status(const EntryBatch&)>;

// Visits the entries of one state in `groups`, which are some of the stack's,
// as if its runs were one: by key group, and in the order of their keys. A few
// MiB of each run are held at a time. As thread-safe as the runs are.
absl::Status MergeRuns(const RunStack& stack, const KeyGroupRange& groups,
                       int32_t state_id, const BatchVisitor& visit);

}  // namespace millrace
