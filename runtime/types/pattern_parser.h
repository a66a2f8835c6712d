#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/pattern_piece.h"

namespace millrace {

// Reads local time by a compiled pattern; see DateTimePattern::Parse.
bool ParsePattern(const std::vector<PatternPiece>& pieces,
                  PatternDialect dialect, absl::string_view text,
                  TimeNanos* out);

}  // namespace millrace
