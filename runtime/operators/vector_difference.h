#pragma once

#include <cstdint>

#include "runtime/batch/vector.h"

namespace millrace {

// Sets differs[i] where row i of two columns of one type is not the same
// value; two NULLs are the same, and so are two NaNs of the same bits. Leaves
// the others as they are. REQUIRES: not constant, not nested.
void MarkDifferences(const Vector& a, const Vector& b, uint32_t count,
                     uint8_t* differs);

}  // namespace millrace
