#include "jobmanager/rest/checkpoint_history.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace millrace {

CheckpointHistory::CheckpointHistory(const JobView& job) {
  const auto& all = job.checkpoint_history;
  for (auto report = all.rbegin(); report != all.rend(); ++report) {
    // Its end was reported after its beginning, and so comes first here. One
    // that failed before it had an id is of its own.
    const bool is_known =
        report->checkpoint.value() > 0 &&
        std::any_of(entries_.begin(), entries_.end(),
                    [&](const CheckpointReport& entry) {
                      return entry.checkpoint == report->checkpoint;
                    });
    if (!is_known) entries_.push_back(*report);
    if (entries_.size() == kMostShown) return;
  }
}

const CheckpointReport* CheckpointHistory::Newest(
    const std::function<bool(const CheckpointReport&)>& is) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), is);
  return found == entries_.end() ? nullptr : &*found;
}

CheckpointHistory::Summary CheckpointHistory::Of(
    const std::function<int64_t(const CheckpointReport&)>& number) const {
  Summary summary;
  for (const CheckpointReport& entry : entries_) {
    if (entry.outcome == CheckpointReport::Outcome::kCompleted) {
      summary.sorted.push_back(number(entry));
    }
  }
  if (summary.sorted.empty()) return summary;
  std::sort(summary.sorted.begin(), summary.sorted.end());
  summary.min = summary.sorted.front();
  summary.max = summary.sorted.back();
  summary.avg = std::accumulate(summary.sorted.begin(), summary.sorted.end(),
                                int64_t{0}) /
                static_cast<int64_t>(summary.sorted.size());
  return summary;
}

double CheckpointHistory::Summary::Quantile(double q) const {
  if (sorted.empty()) return std::nan("");
  const auto at = static_cast<size_t>(
      std::ceil(q * static_cast<double>(sorted.size())));
  return static_cast<double>(sorted[std::max<size_t>(at, 1) - 1]);
}

}  // namespace millrace
