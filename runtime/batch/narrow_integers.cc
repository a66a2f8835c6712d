#include "runtime/batch/narrow_integers.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

namespace millrace {
namespace {

// Of fewer values the head takes what they spare.
constexpr uint32_t kLeastCount = 5;

// A loop without `index` is one that the compiler makes wide.
template <typename Visit>
void ForEach(const int64_t* values, const uint32_t* index, uint32_t count,
             Visit visit) {
  if (index == nullptr) {
    for (uint32_t i = 0; i < count; ++i) visit(i, values[i]);
  } else {
    for (uint32_t i = 0; i < count; ++i) visit(i, values[index[i]]);
  }
}

uint64_t Difference(int64_t greater, int64_t less) {
  return static_cast<uint64_t>(greater) - static_cast<uint64_t>(less);
}

template <typename T>
void Write(int64_t least, const int64_t* values, const uint32_t* index,
           uint32_t count, char* to) {
  ForEach(values, index, count, [&](uint32_t i, int64_t value) {
    const T difference = static_cast<T>(Difference(value, least));
    std::memcpy(to + size_t{i} * sizeof(T), &difference, sizeof(T));
  });
}

template <typename T>
void Read(int64_t least, const char* from, uint32_t count, int64_t* values) {
  for (uint32_t i = 0; i < count; ++i) {
    T difference;
    std::memcpy(&difference, from + size_t{i} * sizeof(T), sizeof(T));
    values[i] =
        static_cast<int64_t>(static_cast<uint64_t>(least) + difference);
  }
}

}  // namespace

NarrowForm NarrowFormOf(const int64_t* values, const uint32_t* index,
                        uint32_t count) {
  if (count < kLeastCount) return {};
  int64_t least = std::numeric_limits<int64_t>::max();
  int64_t greatest = std::numeric_limits<int64_t>::min();
  ForEach(values, index, count, [&](uint32_t, int64_t value) {
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  });
  const uint64_t most = Difference(greatest, least);
  const uint8_t width = most <= std::numeric_limits<uint8_t>::max()    ? 1
                        : most <= std::numeric_limits<uint16_t>::max() ? 2
                        : most <= std::numeric_limits<uint32_t>::max() ? 4
                                                                       : 8;
  return {.least = least, .width = width};
}

void WriteNarrow(const NarrowForm& form, const int64_t* values,
                 const uint32_t* index, uint32_t count, char* to) {
  switch (form.width) {
    case 1: return Write<uint8_t>(form.least, values, index, count, to);
    case 2: return Write<uint16_t>(form.least, values, index, count, to);
    default: return Write<uint32_t>(form.least, values, index, count, to);
  }
}

bool ReadNarrow(const NarrowForm& form, const char* from, uint32_t count,
                int64_t* values) {
  switch (form.width) {
    case 1: Read<uint8_t>(form.least, from, count, values); return true;
    case 2: Read<uint16_t>(form.least, from, count, values); return true;
    case 4: Read<uint32_t>(form.least, from, count, values); return true;
    default: return false;
  }
}

}  // namespace millrace
