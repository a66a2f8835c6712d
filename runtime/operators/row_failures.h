#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/clock.h"
#include "runtime/base/metrics.h"
#include "runtime/operators/rejection_policy.h"

namespace millrace {

// What becomes of the rows of one operator on which an expression fails, where
// they do not fail the job: they are left out, counted, and kept aside in mode
// quarantine. Not thread-safe.
class RowFailures {
 public:
  // `left_out` and `clock` outlive this. `policy` is not of mode fail.
  RowFailures(std::unique_ptr<RejectionPolicy> policy, Counter* left_out,
              const Clock* clock)
      : policy_(std::move(policy)), left_out_(left_out), clock_(clock) {}

  // Whether failed rows are kept, and so must be told in full.
  bool keeps() const {
    return policy_->mode() == RejectionPolicy::Mode::kQuarantine;
  }

  // Of `rows` rows these failed. Not OK ends the job: so many failed that the
  // query is wrong, or they cannot be kept.
  absl::Status OnRows(int64_t rows, const std::vector<RejectedRecord>& failed) {
    left_out_->Add(static_cast<int64_t>(failed.size()));
    return policy_->OnPoll(clock_->Now(), rows, failed);
  }

 private:
  std::unique_ptr<RejectionPolicy> policy_;
  Counter* const left_out_;
  const Clock* const clock_;
};

}  // namespace millrace
