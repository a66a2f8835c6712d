#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// What a Java pattern demands of every text it matches: a run of plain bytes,
// found much faster than a match is tried. "(&|^)id=([^&]*)" demands "id=",
// and a match begins at most one byte before it.
struct RequiredLiteral {
  static constexpr size_t kUnbounded = ~size_t{0};

  std::string bytes;  // Empty: nothing is known.
  // The most bytes between a match's begin and the literal's.
  size_t max_before = kUnbounded;
};

// The longest such run, cautiously: of syntax beyond the plainest it knows
// nothing.
RequiredLiteral FindRequiredLiteral(absl::string_view pattern);

}  // namespace millrace
