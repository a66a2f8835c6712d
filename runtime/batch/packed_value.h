#pragma once

#include <cstdint>
#include <string>

#include "runtime/batch/packed_key.h"
#include "runtime/batch/selection.h"
#include "runtime/batch/vector.h"
#include "runtime/types/value.h"

namespace millrace {

// The bytes of one value inside a packed row, as packed_key.h draws them:
// column at a time where a key is made or read back, one at a time for nested
// values. NULLs are told by the row's null bits, never here.

// Adds to lengths[i] the bytes of row rows[i], where it is not NULL.
void AddPackedLengths(const Vector& column, Selection rows, uint32_t* lengths);

// Writes the value of row rows[i] at ends[i], where it is not NULL, and moves
// ends[i] behind it.
void WritePacked(const Vector& column, Selection rows, char** ends);

// Reads one value for each of `count` rows at ins[i], moving ins[i] behind it;
// rows with nulls[i] != 0 become NULL and have no bytes. `nulls` may be null.
VectorRef ReadPacked(const LogicalType& type, const uint8_t* nulls,
                     uint32_t count, const char** ins);

}  // namespace millrace
