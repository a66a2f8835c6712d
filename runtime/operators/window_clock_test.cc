#include "runtime/operators/window_clock.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/operators/window_slices.h"

namespace millrace {
namespace {

int64_t Millis(absl::string_view rfc3339) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, nullptr));
  return absl::ToUnixMillis(time);
}

WindowClock Zone(std::string name) {
  return *WindowClock::Make({.local_time = true, .time_zone = std::move(name)});
}

// Window ends are local times, written here as if they were UTC.
struct DueCase {
  absl::string_view window_end;
  absl::string_view due_at;
};

TEST(WindowClockTest, WindowsAreDueAsTheClocksOnTheWallSay) {
  const DueCase cases[] = {
      {"2021-11-07T01:00:00Z", "2021-11-07T07:59:59.999Z"},
      // From 1:00 to 2:00 the clocks show every time twice.
      {"2021-11-07T01:30:00Z", "2021-11-07T09:29:59.999Z"},
      {"2021-11-07T02:00:00Z", "2021-11-07T09:59:59.999Z"},
      {"2021-11-07T03:00:00Z", "2021-11-07T10:59:59.999Z"},
      // From 2:00 to 3:00 they show none.
      {"2021-03-14T02:00:00Z", "2021-03-14T09:59:59.999Z"},
      {"2021-03-14T02:30:00Z", "2021-03-14T10:00:00.000Z"},
      {"2021-03-14T04:00:00Z", "2021-03-14T10:59:59.999Z"},
  };
  WindowClock clock = Zone("America/Los_Angeles");
  for (const DueCase& test : cases) {
    EXPECT_EQ(clock.DueAt(Millis(test.window_end)), Millis(test.due_at))
        << test.window_end;
  }
}

TEST(WindowClockTest, FixedOffsetsOnlyShift) {
  WindowClock clock = Zone("GMT+08:00");
  EXPECT_EQ(clock.DueAt(Millis("2021-11-07T08:00:00Z")),
            Millis("2021-11-06T23:59:59.999Z"));
  EXPECT_EQ(clock.ToWindow(0), 8 * kMillisPerHour);
}

TEST(WindowClockTest, RefusesAnUnknownZone) {
  EXPECT_FALSE(
      WindowClock::Make({.local_time = true, .time_zone = "Nowhere/City"})
          .ok());
}

struct SliceCase {
  WindowSpec window;
  int64_t time;
  int64_t slice_end;
  int64_t first_window;
  int64_t last_window;
  int64_t first_start;
};

TEST(WindowSlicesTest, EachTimeHasItsSliceAndItsWindows) {
  using Kind = WindowSpec::Kind;
  const SliceCase cases[] = {
      {{.kind = Kind::kTumble, .size_ms = 10}, 9, 10, 10, 10, 0},
      {{.kind = Kind::kTumble, .size_ms = 10}, -1, 0, 0, 0, -10},
      {{.kind = Kind::kTumble, .size_ms = 10, .offset_ms = -3},
       7, 17, 17, 17, 7},
      {{.kind = Kind::kHop, .size_ms = 10, .step_ms = 2}, 3, 4, 4, 12, -6},
      {{.kind = Kind::kHop, .size_ms = 6, .step_ms = 4}, 5, 6, 6, 10, 0},
      {{.kind = Kind::kHop, .size_ms = 6, .step_ms = 4}, 3, 4, 6, 6, 0},
      // Between two windows: the first is after the last.
      {{.kind = Kind::kHop, .size_ms = 2, .step_ms = 4}, 3, 4, 6, 2, 4},
      {{.kind = Kind::kCumulate, .size_ms = 6, .step_ms = 2}, 8, 10, 10, 12, 6},
      {{.kind = Kind::kCumulate, .size_ms = 6, .step_ms = 2}, -1, 0, 0, 0, -6},
  };
  for (const SliceCase& test : cases) {
    const WindowSlices windows(test.window, false);
    const int64_t slice_end = windows.SliceEndOf(test.time);
    EXPECT_EQ(slice_end, test.slice_end) << test.time;
    EXPECT_EQ(windows.FirstWindowOf(slice_end), test.first_window);
    EXPECT_EQ(windows.LastWindowOf(slice_end), test.last_window);
    EXPECT_EQ(windows.StartOf(test.first_window), test.first_start);
  }
}

}  // namespace
}  // namespace millrace
