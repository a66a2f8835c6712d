#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/operators/window_clock.h"
#include "runtime/operators/window_slices.h"

namespace millrace {

// Says which slice each row of a batch falls into: by its time column, by the
// end that it carries, or by processing time. Owned by one operator.
class SliceAssigner {
 public:
  // `carries_windows`: the rows' `end_column` is a window's end, and each
  // window is one slice; else, where there is an `end_column`, it is a slice's.
  struct Options {
    WindowSpec window;
    bool carries_windows = false;
    std::vector<LogicalType> input;
    const Clock* clock = nullptr;
    std::string owner;
  };
  static absl::StatusOr<SliceAssigner> Make(Options options);

  const WindowSlices& windows() const { return windows_; }
  WindowClock& clock() { return clock_; }

  // ends[i] = the end of the slice of row rows[i]. Processing time does not go
  // back behind `progress_ms`. JOB-0022 when a row's time is NULL.
  absl::Status Assign(const Batch& batch, Selection rows, int64_t progress_ms,
                      std::vector<int64_t>& ends);

 private:
  SliceAssigner(Options options, WindowClock clock)
      : options_(std::move(options)),
        clock_(std::move(clock)),
        windows_(options_.window, options_.carries_windows) {}

  Options options_;
  WindowClock clock_;
  WindowSlices windows_;
  std::vector<uint8_t> nulls_;
};

}  // namespace millrace
