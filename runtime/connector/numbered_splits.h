#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/connector/source.h"

namespace millrace {

// The splits of a source that makes row n from n alone (generators): which
// numbers a reader makes next, and when.
//
// Split k of c has the blocks k, k + c, k + 2c, ... of kBlockRows numbers
// each, so all splits stay near one another and their union does not depend on
// c. An id is "<k>/<c>"; a position is "<next number>,<start of time in ms>",
// the latter empty until a reader fixes it. Owned by one reader.
class NumberedSplits {
 public:
  static constexpr int64_t kBlockRows = 2048;

  struct Options {
    int64_t row_count = 0;       // 0 = without end.
    double rows_per_second = 0;  // 0 = as fast as they are asked for.
    // Where time starts; nullopt = at the wall time of the first AddSplit.
    std::optional<int64_t> base_time_ms;
  };

  // A run of numbers [first, first + count) of open split `split`.
  struct Run {
    Poll::State state = Poll::State::kNothing;
    int split = 0;
    int64_t first = 0;
    int64_t count = 0;
    int64_t base_time_ms = 0;
    absl::Duration retry_after = absl::InfiniteDuration();
  };

  // `clock` must outlive this.
  NumberedSplits(const Options& options, const Clock* clock)
      : options_(options), clock_(clock) {}

  // The splits of a job with `count` readers, at their beginning.
  static std::vector<Split> All(int count);

  // kDataLoss when the id or the position is not of the form above.
  absl::Status Add(const Split& split);

  // The next run of at most `most` numbers; splits take turns.
  Run Next(int64_t most);

  std::vector<Split> Snapshot() const;

 private:
  struct Open {
    std::string id;
    int64_t split_count;
    int64_t next;
    int64_t base_time_ms;
    double start_ms;  // Wall time at which number 0 was due.
    bool ended = false;
  };

  double NowMs() const;
  int64_t DueCount(const Open& split, int64_t most, absl::Duration& wait) const;

  const Options options_;
  const Clock* const clock_;
  std::vector<Open> splits_;
  size_t turn_ = 0;
};

// Finds NumberedSplits::All(count).
class NumberedSplitDiscovery final : public SplitDiscovery {
 public:
  explicit NumberedSplitDiscovery(int count) : count_(count) {}
  absl::StatusOr<std::vector<Split>> Discover() override {
    return NumberedSplits::All(count_);
  }

 private:
  const int count_;
};

}  // namespace millrace
