#pragma once

#include "absl/strings/string_view.h"

namespace millrace {

// What lies between the fields of what the sources and sinks of files put into
// checkpoints: no path contains it.
inline constexpr absl::string_view kNul("\0", 1);

}  // namespace millrace
