#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "runtime/types/decimal.h"

namespace millrace {

// Where `text` stops being UTF-8; its size when it never does.
size_t FirstInvalidUtf8(absl::string_view text);

// `text` for a message: cut to 64 bytes, at a character's border, with dots.
std::string Excerpt(absl::string_view text);

// As Java's BigDecimal prints: where the first digit lies more than six places
// behind the point with an exponent, "2.7E-8", if `with_exponent`; else plain.
void AppendDecimalText(Decimal value, bool with_exponent, std::string& out);

}  // namespace millrace
