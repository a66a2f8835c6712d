#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"
#include "runtime/connector/source.h"
#include "runtime/operators/rejection_policy.h"

namespace millrace {

// The records that a source subtask does not give out: those that its reader
// could not decode, and rows whose event time lies so far ahead that they
// would push the watermark past all others. Counts them and hands them to the
// table's policy.
//
// Not thread-safe. Errors end the attempt.
class SourceRejections {
 public:
  struct Parts {
    SplitReader* reader = nullptr;  // Outlives this, as the next two do.
    Counter* record_errors = nullptr;
    const Clock* clock = nullptr;
    // May be null: then nothing but the count is kept.
    std::unique_ptr<RejectionPolicy> policy;
    // The event time has no time zone: it shows what some clock shows.
    bool local_event_time = false;
  };

  explicit SourceRejections(Parts parts) : parts_(std::move(parts)) {}

  // Call with every poll of the reader.
  absl::Status OnPoll(const Poll& poll);

  // Takes rows out of `batch`, which the last Next of the reader gave, whose
  // event time is beyond `limit_ms` and that the reader does not let pass.
  absl::Status TakeOutFuture(int64_t limit_ms, const Vector& event_times,
                             Batch& batch);

 private:
  absl::Status Reject(int64_t records,
                      const std::vector<RejectedRecord>& rejected);

  Parts parts_;
};

}  // namespace millrace
