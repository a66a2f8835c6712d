#pragma once

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// The candidate nearest to `name` by edit distance, case apart, or "" if none
// is near enough to be a slip of the keyboard: one slip in four letters. `name`
// itself is no candidate. Of equally near ones the first.
std::string NearestName(absl::string_view name,
                        std::span<const std::string> candidates);

}  // namespace millrace
