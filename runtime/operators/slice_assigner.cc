#include "runtime/operators/slice_assigner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/window_columns.h"

namespace millrace {

absl::StatusOr<SliceAssigner> SliceAssigner::Make(Options options) {
  const WindowSpec& window = options.window;
  const bool has_size =
      window.size_ms > 0 &&
      (window.kind == WindowSpec::Kind::kTumble || window.step_ms > 0);
  const bool has_time =
      window.end_column || window.time_column || !window.event_time;
  if (!has_size || !has_time) {
    return absl::InternalError(
        absl::StrCat(options.owner, ": a window without a size or a time"));
  }
  ASSIGN_OR_RETURN(WindowClock clock, WindowClock::Make(window));
  return SliceAssigner(std::move(options), std::move(clock));
}

absl::Status SliceAssigner::Assign(const Batch& batch, Selection rows,
                                   int64_t progress_ms,
                                   std::vector<int64_t>& ends) {
  const WindowSpec& window = options_.window;
  ends.resize(rows.size());
  nulls_.resize(rows.size());
  bool any_null = false;
  if (window.end_column) {
    any_null = ReadWindowMillis(*batch.columns[*window.end_column], rows,
                                ends.data());
  } else if (!window.event_time) {
    // A clock that was set back does not reopen windows.
    const int64_t now_ms = std::max(
        absl::ToUnixMillis(options_.clock->Now()), progress_ms + 1);
    std::fill(ends.begin(), ends.end(),
              windows_.SliceEndOf(clock_.ToWindow(now_ms)));
  } else {
    const int32_t column = *window.time_column;
    any_null = clock_.ReadTimes(*batch.columns[column], options_.input[column],
                                rows, ends.data(), nulls_.data());
    int64_t slice_end = INT64_MIN;
    int64_t slice_start = INT64_MIN;
    for (int64_t& time : ends) {
      // Neighbours mostly share a slice; a division costs more than a look.
      if (time >= slice_end || time < slice_start) {
        slice_end = windows_.SliceEndOf(time);
        slice_start = slice_end - windows_.slice_ms();
      }
      time = slice_end;
    }
  }
  if (!any_null) return absl::OkStatus();
  return UserError({.code = "JOB-0022",
                    .what = "a row's event time is NULL",
                    .where = options_.owner,
                    .why = "the row belongs to no window",
                    .fix = "Filter such rows before the window: WHERE time "
                           "IS NOT NULL."});
}

}  // namespace millrace
