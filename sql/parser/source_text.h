#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sql/parser/source_location.h"

namespace millrace::sql {

// Bytes of the UTF-8 character at the start of `text`, 1 to 4; 0: no valid
// character stands there. REQUIRES: !text.empty().
int CharacterBytes(absl::string_view text);

// Characters of `text`; a byte that belongs to none counts as one.
int CharacterCount(absl::string_view text);

// The line of `text` that `location` starts in, without its end-of-line.
absl::string_view LineOf(absl::string_view text,
                         const SourceLocation& location);

// One more character of UTF-8 at the end of `out`. False: `code_point` is a
// surrogate or above U+10FFFF, and nothing is added.
bool AppendCodePoint(char32_t code_point, std::string& out);

}  // namespace millrace::sql
