#include "runtime/types/datetime_format.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/types/pattern_parser.h"
#include "runtime/types/pattern_writer.h"
#include "runtime/types/text_cursor.h"

namespace millrace {
namespace {

// The longest number or word that one field can make.
constexpr int kMaxFieldLength = 20;

// How often a letter may stand in a row in java.time; 0: not at all.
int MaxRepeats(char letter) {
  switch (letter) {
    case 'y': case 'u': case 'Y': case 'n': case 'N': case 'A': return 19;
    case 'M': case 'L': case 'E': case 'e': case 'c': case 'G': case 'Q':
    case 'q': return 5;
    case 'D': return 3;
    case 'S': return 9;
    case 'd': case 'h': case 'H': case 'k': case 'K': case 'm': case 's':
    case 'w': return 2;
    case 'a': case 'W': case 'F': return 1;
    default: return 0;
  }
}

bool IsJavaTextLetter(char letter) {
  return absl::string_view("GyYMLwWDdFEuaHkKhmsS").find(letter) !=
         absl::string_view::npos;
}

absl::Status CheckLetter(char letter, int width, size_t at,
                         PatternDialect dialect) {
  const bool java_text = dialect == PatternDialect::kSimpleDateFormat;
  const int most = java_text ? (IsJavaTextLetter(letter) ? kMaxFieldLength : 0)
                             : MaxRepeats(letter);
  if (width <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      most == 0
          ? absl::StrCat("pattern letter '", std::string(1, letter),
                         "' at character ", at + 1, " cannot be used")
          : absl::StrCat("pattern letter '", std::string(1, letter),
                         "' at character ", at + 1,
                         " is repeated more than ", most, " times"));
}

// A number whose digits java.time counts by its width alone.
bool HasFixedWidth(const PatternPiece& piece) {
  if (IsWord(piece, PatternDialect::kDateTimeFormatter)) return false;
  switch (piece.letter) {
    case 'S': return true;
    case 'y': case 'u': case 'Y': return piece.width == 2;
    case 'D': return piece.width == 3;
    case 'n': case 'N': case 'A': return false;
    default: return piece.letter != 0 && piece.width == 2;
  }
}

void LinkNumbers(PatternDialect dialect, std::vector<PatternPiece>* pieces) {
  int reserved = 0;
  for (size_t i = pieces->size(); i-- > 0;) {
    PatternPiece& piece = (*pieces)[i];
    const bool number = piece.letter != 0 && !IsWord(piece, dialect);
    piece.reserved = static_cast<int16_t>(reserved);
    piece.abutting = i + 1 < pieces->size() &&
                     (*pieces)[i + 1].letter != 0 &&
                     !IsWord((*pieces)[i + 1], dialect);
    reserved = number && HasFixedWidth(piece) ? reserved + piece.width : 0;
  }
}

// Quoted text from behind the opening quote on; `at` ends behind the closing
// one. '' is a quote, inside and outside.
absl::StatusOr<std::string> ReadQuoted(absl::string_view pattern, size_t* at) {
  const size_t open = *at;
  if (open < pattern.size() && pattern[open] == '\'') {
    ++*at;
    return std::string("'");
  }
  std::string text;
  for (; *at < pattern.size(); ++*at) {
    if (pattern[*at] != '\'') {
      text.push_back(pattern[*at]);
    } else if (*at + 1 < pattern.size() && pattern[*at + 1] == '\'') {
      text.push_back('\'');
      ++*at;
    } else {
      ++*at;
      return text;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the quote at character ", open, " is not closed"));
}

void AppendLiteral(absl::string_view text, std::vector<PatternPiece>* pieces) {
  if (pieces->empty() || pieces->back().letter != 0) pieces->emplace_back();
  pieces->back().literal.append(text.data(), text.size());
}

// java.sql.Timestamp.valueOf and Date.valueOf: fields overflow, so that
// February 30 is March 1.
bool ParsePlain(absl::string_view text, TimeNanos* out) {
  TextCursor in(absl::StripAsciiWhitespace(text));
  int year, month, day;
  if (!in.Number(4, 4, &year) || !in.Skip('-') || !in.Number(1, 2, &month) ||
      !in.Skip('-') || !in.Number(1, 2, &day) || year == 0 || month < 1 ||
      month > 12 || day < 1 || day > 31) {
    return false;
  }
  int hour = 0, minute = 0, second = 0;
  int32_t nanos = 0;
  if (!in.done()) {
    if (!in.Skip(' ') || !in.Number(1, 9, &hour) || !in.Skip(':') ||
        !in.Number(1, 9, &minute) || !in.Skip(':') ||
        !in.Number(1, 9, &second) ||
        (in.Skip('.') && !in.Fraction(9, &nanos)) || !in.done()) {
      return false;
    }
  }
  const int64_t days = int64_t{DaysFromCivil({year, month, 1})} + day - 1;
  const int64_t seconds = days * 86400 + hour * int64_t{3600} +
                          minute * int64_t{60} + second;
  *out = {seconds * 1000 + nanos / 1'000'000, nanos % 1'000'000};
  return out->millis >= kMinTimestampMillis &&
         out->millis <= kMaxTimestampMillis;
}

}  // namespace

bool IsWord(const PatternPiece& piece, PatternDialect dialect) {
  switch (piece.letter) {
    case 'G': case 'a': case 'E': return true;
    case 'M': case 'L': return piece.width >= 3;
    case 'Q': case 'q': case 'e': case 'c':
      return dialect == PatternDialect::kDateTimeFormatter && piece.width >= 3;
    default: return false;
  }
}

absl::StatusOr<DateTimePattern> DateTimePattern::Compile(
    absl::string_view pattern, PatternDialect dialect) {
  DateTimePattern result;
  result.dialect_ = dialect;
  for (size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '\'') {
      ++at;
      auto text = ReadQuoted(pattern, &at);
      if (!text.ok()) return text.status();
      AppendLiteral(*text, &result.pieces_);
      continue;
    }
    if (!absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      if (dialect == PatternDialect::kDateTimeFormatter &&
          absl::string_view("[]{}#").find(c) != absl::string_view::npos) {
        return CheckLetter(c, 1, at, dialect);
      }
      AppendLiteral(pattern.substr(at++, 1), &result.pieces_);
      continue;
    }
    size_t end = at;
    while (end < pattern.size() && pattern[end] == c) ++end;
    const int width = static_cast<int>(std::min<size_t>(end - at, 1000));
    const absl::Status usable = CheckLetter(c, width, at, dialect);
    if (!usable.ok()) return usable;
    PatternPiece& piece = result.pieces_.emplace_back();
    piece.letter = c;
    piece.width = static_cast<int16_t>(width);
    at = end;
  }
  LinkNumbers(dialect, &result.pieces_);
  for (const PatternPiece& piece : result.pieces_) {
    result.max_length_ += piece.letter == 0
                              ? static_cast<int>(piece.literal.size())
                              : std::max<int>(piece.width, kMaxFieldLength);
  }
  return result;
}

char* DateTimePattern::Write(TimeNanos value, char* out) const {
  return WritePattern(pieces_, dialect_, value, out);
}

bool DateTimePattern::Parse(absl::string_view text, TimeNanos* out) const {
  return ParsePattern(pieces_, dialect_, text, out);
}

bool ParseTimestampByPattern(const DateTimePattern& pattern,
                             absl::string_view text, int precision,
                             TimeNanos* out) {
  if (!pattern.Parse(text, out) && !ParsePlain(text, out)) return false;
  *out = TruncateNanos(*out, precision);
  return true;
}

}  // namespace millrace
