#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// The pattern in PCRE2's syntax that means what `pattern` means to
// java.util.regex. Where the two languages agree it passes unchanged; nested
// and intersected classes, \uXXXX, Java's properties and flags are rewritten,
// and what only PCRE2 knows is refused. Errors: the pattern is none of Java's.
//
// Not carried over: character blocks (\p{InGreek}), the flags d, u and U, and
// look-behind of varying length.
absl::StatusOr<std::string> TranslateJavaRegex(absl::string_view pattern);

// The pattern that SIMILAR TO `pattern` stands for, whole texts only; `escape`
// is empty or one character. Errors: a misplaced escape or bracket.
absl::StatusOr<std::string> TranslateSimilar(absl::string_view pattern,
                                             absl::string_view escape);

}  // namespace millrace
