#pragma once

#include <cstdint>
#include <numeric>

#include "runtime/plan/operator_spec.h"
#include "runtime/types/datetime.h"

namespace millrace {

// The arithmetic of windows. All times are in the window's own milliseconds:
// local ones where windows are local (window_clock.h). A window is
// [start, end); it is made of slices, and each row lies in exactly one slice,
// named by its end:
//
//   TUMBLE    the window itself
//   HOP       gcd(size, step) long; a slice is part of size / step windows
//   CUMULATE  one step; a slice is part of the windows of its span of `size`
//             that end at or after it
class WindowSlices {
 public:
  // `whole`: rows carry their windows; each window is one slice.
  WindowSlices(const WindowSpec& spec, bool whole)
      : kind_(spec.kind),
        size_(spec.size_ms),
        step_(spec.kind == WindowSpec::Kind::kTumble ? spec.size_ms
                                                     : spec.step_ms),
        offset_(spec.offset_ms),
        slice_(kind_ == WindowSpec::Kind::kHop ? std::gcd(size_, step_)
                                               : step_),
        whole_(whole || spec.kind == WindowSpec::Kind::kTumble) {}

  // Whether each window is exactly one slice.
  bool whole() const { return whole_; }
  int64_t slice_ms() const { return slice_; }
  int64_t step_ms() const { return step_; }

  int64_t SliceEndOf(int64_t time) const {
    return FloorDiv(time - offset_, slice_) * slice_ + offset_ + slice_;
  }

  // The start of the window that ends at `window_end`.
  int64_t StartOf(int64_t window_end) const {
    if (kind_ != WindowSpec::Kind::kCumulate) return window_end - size_;
    return FloorDiv(window_end - 1 - offset_, size_) * size_ + offset_;
  }

  // The first and the last window that a slice is part of, by their ends; of
  // a slice between two windows (HOP with step > size) the first is after the
  // last.
  int64_t FirstWindowOf(int64_t slice_end) const {
    if (whole_ || kind_ == WindowSpec::Kind::kCumulate) return slice_end;
    const int64_t base = offset_ + size_;
    return FloorDiv(slice_end - base + step_ - 1, step_) * step_ + base;
  }
  int64_t LastWindowOf(int64_t slice_end) const {
    if (whole_) return slice_end;
    if (kind_ == WindowSpec::Kind::kCumulate) return StartOf(slice_end) + size_;
    const int64_t base = offset_ + size_;
    const int64_t latest = slice_end - slice_ + size_;
    return FloorDiv(latest - base, step_) * step_ + base;
  }

 private:
  WindowSpec::Kind kind_;
  int64_t size_;
  int64_t step_;
  int64_t offset_;
  int64_t slice_;
  bool whole_;
};

}  // namespace millrace
