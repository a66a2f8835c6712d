#pragma once

#include <cstdint>
#include <string>

namespace millrace {

// Which Java class reads a pattern; some letters differ (u, S, Y), and so does
// parsing: java.time wants the whole text and valid fields, java.text takes a
// prefix and lets fields overflow (month 13 is next January).
enum class PatternDialect : uint8_t {
  kDateTimeFormatter = 0,  // DATE_FORMAT(timestamp), TO_TIMESTAMP(s, f)
  kSimpleDateFormat = 1,   // FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE(s, f),
                           // DATE_FORMAT(string)
};

// One element of a compiled pattern: a letter repeated `width` times, or
// literal text.
struct PatternPiece {
  char letter = 0;  // 0: the literal.
  int16_t width = 0;
  // Digits of the numbers that follow without anything between: a number of
  // open width must leave them ("yyyyMMdd": 4 behind yyyy).
  int16_t reserved = 0;
  // Another field follows at once: java.text then reads `width` digits only.
  bool abutting = false;
  std::string literal;
};

// True where the field is written as a word ("Mar", "AM"), not as a number.
bool IsWord(const PatternPiece& piece, PatternDialect dialect);

}  // namespace millrace
