#pragma once

#include <vector>

#include "runtime/types/logical_type.h"
#include "runtime/types/pattern_piece.h"

namespace millrace {

// Writes local time by a compiled pattern; see DateTimePattern::Write.
char* WritePattern(const std::vector<PatternPiece>& pieces,
                   PatternDialect dialect, TimeNanos value, char* out);

}  // namespace millrace
