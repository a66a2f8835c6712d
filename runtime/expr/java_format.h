#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// One conversion of a java.util.Formatter text: "%-5d", "%2$08.3f".
struct FormatSpec {
  int index = 0;       // 1-based; 0: the next argument.
  bool left = false;   // -
  bool zeros = false;  // 0
  bool plus = false;   // +
  bool space = false;  // a space
  bool comma = false;  // , groups of three digits
  bool parentheses = false;  // ( for negative numbers
  int width = 0;
  int precision = -1;  // -1: none given.
  char conversion = 0;
};

// Reads what stands behind a '%', from `*at` on, which moves behind it. False:
// no conversion that is known here (b c d e f n o s x and %).
bool ParseFormatSpec(absl::string_view format, size_t* at, FormatSpec* spec);

// Appends `text` in the conversion's width, cut to its precision; an upper
// case conversion makes it upper case.
void AppendFormatted(absl::string_view text, const FormatSpec& spec,
                     std::string& out);

// Appends a number whose digits, sign taken off, are `digits`, with the flags
// of %d and %f.
void AppendNumber(absl::string_view digits, bool negative,
                  const FormatSpec& spec, std::string& out);

}  // namespace millrace
