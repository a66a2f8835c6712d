#pragma once

#include <cstdint>
#include <vector>

#include "runtime/batch/vector.h"

namespace millrace {

// A run of a column: its first `count` values.
struct Piece {
  VectorRef column;
  uint32_t count = 0;
};

// The pieces, all of one type, one behind the other. Lists keep their elements,
// those of dropped rows too.
VectorRef Concatenate(const std::vector<Piece>& pieces);

}  // namespace millrace
