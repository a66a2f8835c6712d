#pragma once

#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "jobmanager/cluster/cluster_view.h"

namespace millrace {

// A job's latest checkpoints as pages list them: each once, as it stands now,
// the newest first.
class CheckpointHistory {
 public:
  static constexpr size_t kMostShown = 10;  // web.checkpoints.history.

  explicit CheckpointHistory(const JobView& job);

  const std::vector<CheckpointReport>& entries() const { return entries_; }
  // The newest for which `is` holds; null: none.
  const CheckpointReport* Newest(
      const std::function<bool(const CheckpointReport&)>& is) const;

  // min, max, mean and quantiles of one number of those that completed.
  struct Summary {
    int64_t min = 0;
    int64_t max = 0;
    int64_t avg = 0;
    std::vector<int64_t> sorted;

    double Quantile(double q) const;
  };
  Summary Of(const std::function<int64_t(const CheckpointReport&)>& number)
      const;

 private:
  std::vector<CheckpointReport> entries_;
};

}  // namespace millrace
