#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "absl/strings/string_view.h"
#include "runtime/base/hash.h"
#include "runtime/batch/string_view.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// A key's canonical bytes, a persisted format (version 1): hashes, key groups
// and snapshots are made of them.
//
//   one column of <= 8 bytes    the value, little endian; NULL = no bytes
//   one string                  its bytes; NULL = FF; a string that begins
//                               with FF has one more FF before it
//   anything else               null bits, ceil(columns / 8) bytes, bit
//                               (i % 8) of byte (i / 8) = column i is NULL;
//                               then each column that is not NULL:
//                                 fixed width   the value, little endian
//                                 string        length (LEB128), bytes
//                                 ROW           as a row of its own: null
//                                               bits, then its fields
//                                 ARRAY, MAP    count (LEB128), then each
//                                               element (key, value, ...): a
//                                               byte, 1 = NULL, else 0 and
//                                               the value
//
// In tables a key lies in a cell of fixed size:
//
//   kWord     8 bytes: the fixed-width value, zero-extended. NULL is the word
//             0 under the hash of no bytes, which no 0 of any width has.
//   kBytes16  length (4), then up to 12 bytes, zero padded; or 4 bytes of
//   kBytes32  prefix and a pointer, zero padded (the first is a StringView).
//             kBytes32 holds up to 28 bytes inline.
enum class KeyForm : uint8_t { kWord, kBytes16, kBytes32 };

constexpr uint32_t CellBytes(KeyForm form) {
  return form == KeyForm::kWord ? 8 : form == KeyForm::kBytes16 ? 16 : 32;
}
// The longest key that lies in the cell itself.
constexpr uint32_t InlineBytes(KeyForm form) { return CellBytes(form) - 4; }

// How keys of some column types lie in cells.
struct KeyLayout {
  KeyForm form = KeyForm::kBytes32;
  uint32_t word_bytes = 8;  // kWord: the value's width.

  static KeyLayout For(std::span<const LogicalType> types);

  // The canonical bytes of the key in `cell`; borrowed from the cell, or from
  // where it points. `hash` tells a kWord's NULL.
  absl::string_view Bytes(const char* cell, uint64_t hash) const;
  // Fills `cell`, which points into `bytes` when they do not fit.
  void SetCell(absl::string_view bytes, char* cell) const;
};

// Keys of some rows, ready to be looked up. Borrowed from whoever packed them.
struct PackedKeys {
  uint32_t count = 0;
  const uint64_t* hashes = nullptr;
  const char* cells = nullptr;  // `count` cells, one after the other.
};

// The hash of no bytes: what a NULL kWord has.
uint64_t NullWordHash();

// Writes `length` as LEB128, at most 5 bytes, and returns the end.
inline char* WriteVarint(uint32_t length, char* out) {
  for (; length >= 0x80; length >>= 7) {
    *out++ = static_cast<char>(length | 0x80);
  }
  *out++ = static_cast<char>(length);
  return out;
}
// Reads one and moves `in` behind it. REQUIRES: one is there.
inline uint32_t ReadVarint(const char*& in) {
  uint32_t length = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(*in++);
    length |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return length;
  }
}
constexpr uint32_t VarintBytes(uint32_t length) {
  return length < 1u << 7    ? 1
         : length < 1u << 14 ? 2
         : length < 1u << 21 ? 3
         : length < 1u << 28 ? 4
                             : 5;
}

}  // namespace millrace
