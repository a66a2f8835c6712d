#pragma once

#include <cstdint>

namespace millrace {

// Integers that lie close together, each as what it is above the least, in few
// bytes, little-endian and not aligned.
struct NarrowForm {
  int64_t least = 0;
  uint8_t width = 8;  // 1, 2 or 4 bytes; 8: nothing is gained.
};

// Of `count` values: `values[index[i]]`, or `values[i]` where `index` is null.
NarrowForm NarrowFormOf(const int64_t* values, const uint32_t* index,
                        uint32_t count);

// Writes `form.width * count` bytes. REQUIRES: NarrowFormOf gave that form, of
// these values, and it is narrow.
void WriteNarrow(const NarrowForm& form, const int64_t* values,
                 const uint32_t* index, uint32_t count, char* to);

// The way back; false: there is no such width. Any bytes are values.
bool ReadNarrow(const NarrowForm& form, const char* from, uint32_t count,
                int64_t* values);

}  // namespace millrace
