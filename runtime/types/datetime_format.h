#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/datetime.h"
#include "runtime/types/pattern_piece.h"

namespace millrace {

// A date pattern, compiled once ("yyyy-MM-dd HH:mm:ss.SSS"). Letters: y u M L
// d D E e c F a h H k K m s S n N A G Q q w W Y and quoted text. Zone letters
// are refused, since no zone is at hand here, and so are optional sections.
// Names are English, weeks the United States' (they begin on Sunday, and
// January 1 lies in the first). Immutable, usable from any thread.
class DateTimePattern {
 public:
  // An error names the letter that cannot be used and its place.
  static absl::StatusOr<DateTimePattern> Compile(absl::string_view pattern,
                                                 PatternDialect dialect);

  // Writes local time `value` and returns the end. `out` has room for
  // max_length(). No allocation.
  char* Write(TimeNanos value, char* out) const;
  int max_length() const { return max_length_; }

  // Reads local time; fields that the pattern lacks are those of 1970-01-01
  // 00:00:00. Weeks, quarters and days of the week do not decide the date.
  // False: the text does not suit the pattern. No allocation.
  bool Parse(absl::string_view text, TimeNanos* out) const;

  PatternDialect dialect() const { return dialect_; }

 private:
  std::vector<PatternPiece> pieces_;
  PatternDialect dialect_ = PatternDialect::kDateTimeFormatter;
  int max_length_ = 0;
};

// TO_TIMESTAMP(text, pattern): Parse, else as Flink falls back to the plain
// forms "1999-9-10[ 5:20:10[.f]]"; cut to `precision`.
bool ParseTimestampByPattern(const DateTimePattern& pattern,
                             absl::string_view text, int precision,
                             TimeNanos* out);

}  // namespace millrace
