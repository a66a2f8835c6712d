#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/datetime.h"

namespace millrace {

// Which Java class reads the pattern; some letters differ (u, S, Y), and so
// does parsing: java.time wants the whole text and valid fields, java.text
// takes a prefix and lets fields overflow (month 13 is next January).
enum class PatternDialect : uint8_t {
  kDateTimeFormatter = 0,  // DATE_FORMAT(timestamp), TO_TIMESTAMP(s, f)
  kSimpleDateFormat = 1,   // FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE(s, f),
                           // DATE_FORMAT(string)
};

// A date pattern, compiled once ("yyyy-MM-dd HH:mm:ss.SSS"). Letters: y u M L
// d D E e c a h H k K m s S n N A G Q q w Y and quoted text; zone letters are
// refused: timestamps carry no zone here. Immutable, usable from any thread.
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
  // 00:00:00. False: the text does not suit the pattern. No allocation.
  bool Parse(absl::string_view text, TimeNanos* out) const;

  PatternDialect dialect() const { return dialect_; }

 private:
  struct Piece {
    char letter = 0;  // 0: literal text.
    int16_t width = 0;
    bool next_is_number = false;
    std::string literal;
  };
  friend class PatternCompiler;
  friend class PatternWriter;
  friend class PatternParser;

  std::vector<Piece> pieces_;
  PatternDialect dialect_ = PatternDialect::kDateTimeFormatter;
  int max_length_ = 0;
  // "yyyy-MM-dd HH:mm:ss" and its like: plain numbers and literals of fixed
  // width only, written without a look at the rest.
  bool fixed_width_ = false;
};

// TO_TIMESTAMP(text, pattern): Parse, else as Flink falls back to the plain
// forms "1999-9-10[ 5:20:10[.f]]"; cut to `precision`.
bool ParseTimestampByPattern(const DateTimePattern& pattern,
                             absl::string_view text, int precision,
                             TimeNanos* out);

}  // namespace millrace
