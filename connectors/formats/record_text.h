#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "runtime/types/decimal.h"

namespace millrace {

// Where `text` stops being UTF-8; its size when it never does.
size_t FirstInvalidUtf8(absl::string_view text);

// `text` for a message: cut to 64 bytes, at a character's border, with dots.
std::string Excerpt(absl::string_view text);

// Plain and with its scale; or, if `with_exponent`, as Java's BigDecimal prints
// once its trailing zeros are cut: "1.5", "2.7E-8" (more than six places behind
// the point), "2E+1" (a multiple of ten). Flink's formats write so by default.
void AppendDecimalText(Decimal value, bool with_exponent, std::string& out);

}  // namespace millrace
