#include "cli/progress_line.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/operators/operator.h"

namespace millrace {
namespace {

// "1,204,113".
std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(at, ",");
  }
  return digits;
}

int64_t PerSecond(int64_t rows, absl::Duration time) {
  const double seconds = absl::ToDoubleSeconds(time);
  return seconds > 0 ? static_cast<int64_t>(rows / seconds) : 0;
}

std::string Lag(absl::Duration lag) {
  return lag > absl::Hours(24)
             ? absl::StrFormat("%.0f days", absl::ToDoubleHours(lag) / 24)
             : absl::FormatDuration(
                   absl::Trunc(lag, absl::Milliseconds(100)));
}

// Empty before the first watermark and after the last.
std::string WatermarkText(const JobStatus& status, absl::Time now) {
  const int64_t watermark_ms = status.WatermarkMs();
  if (watermark_ms == kMinWatermark || watermark_ms == kMaxWatermark) return "";
  const absl::Time time = absl::FromUnixMillis(watermark_ms);
  return absl::StrCat(
      "  watermark ",
      absl::FormatTime("%Y-%m-%d %H:%M:%E3S", time, absl::UTCTimeZone()),
      "  lag ", Lag(now - time));
}

}  // namespace

std::string ProgressLine::Text(const JobStatus& status, absl::Time now) {
  const absl::Duration passed = status.running_for - last_time_;
  const int64_t in = status.RowsIn();
  const int64_t out = status.RowsOut();
  const std::string text = absl::StrFormat(
      "%s  %s  in %s rows (%s/s)  out %s (%s/s)%s", name_,
      absl::FormatDuration(absl::Trunc(status.running_for, absl::Seconds(1))),
      Grouped(in), Grouped(PerSecond(in - last_in_, passed)), Grouped(out),
      Grouped(PerSecond(out - last_out_, passed)), WatermarkText(status, now));
  last_time_ = status.running_for;
  last_in_ = in;
  last_out_ = out;
  return text;
}

void ProgressLine::Draw(const JobStatus& status, absl::Time now) {
  if (!is_terminal_) return;
  std::fprintf(stderr, "\r\033[K%s", Text(status, now).c_str());
  std::fflush(stderr);
}

void ProgressLine::End(const JobStatus& status) {
  if (!is_terminal_) return;
  const int64_t in = status.RowsIn();
  std::fprintf(stderr, "\r\033[K%s %s: %s rows in, %s out, %s (%s/s)\n",
               name_.c_str(), std::string(ToString(status.state)).c_str(),
               Grouped(in).c_str(), Grouped(status.RowsOut()).c_str(),
               absl::FormatDuration(absl::Trunc(status.running_for,
                                                absl::Milliseconds(10)))
                   .c_str(),
               Grouped(PerSecond(in, status.running_for)).c_str());
}

}  // namespace millrace
