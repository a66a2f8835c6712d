#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace::run_format {

// A run, version 1. Numbers are little endian, their bytes in parentheses; a
// string is its length (4) and its bytes; a varint has 7 bits a byte, lowest
// first, with the highest bit set in all but the last.
//
//   "MLRUN" 0 0 1                  the last byte is the version
//   entries of a group, again and again, groups in the order of the footer
//     2 * key length + erased      varint
//     key
//     value length (varint), value     unless erased
//   footer
//     count of states (4), each
//       id (4), version (4), name, key type, value type (strings)
//       count of dropped prefixes (4), each a string
//       count of groups (4), each
//         group (4), entries (4), offset (8), length (8), CRC-32C (4)
//   offset of the footer (8), its length (8), its CRC-32C (4), "1NUR"
//
// Offsets count from the run's first byte. A group's checksum covers its
// entries, so that a part of a run can be read and trusted without the rest;
// the footer's covers the footer.
inline constexpr absl::string_view kHead("MLRUN\0\0\1", 8);
inline constexpr absl::string_view kTailMark = "1NUR";
inline constexpr int64_t kTailBytes = 24;

// The machines that this runs on are little endian.
template <typename Number>
void Append(Number value, std::string& out) {
  char bytes[sizeof(Number)];
  std::memcpy(bytes, &value, sizeof(Number));
  out.append(bytes, sizeof(Number));
}

inline void AppendString(absl::string_view text, std::string& out) {
  Append(static_cast<uint32_t>(text.size()), out);
  out.append(text.data(), text.size());
}

inline void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) {
    out.push_back(static_cast<char>(value | 0x80));
  }
  out.push_back(static_cast<char>(value));
}

// Each takes what it names off `bytes`; false: it is not there.
inline bool TakeBytes(absl::string_view& bytes, uint64_t length,
                      absl::string_view* taken) {
  if (length > bytes.size()) return false;
  *taken = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return true;
}

template <typename Number>
bool Take(absl::string_view& bytes, Number* value) {
  absl::string_view taken;
  if (!TakeBytes(bytes, sizeof(Number), &taken)) return false;
  std::memcpy(value, taken.data(), sizeof(Number));
  return true;
}

// Moves `at` behind a varint that ends before `end`.
inline bool TakeVarint(const char*& at, const char* end, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 63 && at < end; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at++);
    *value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace millrace::run_format
