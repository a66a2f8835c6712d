#include "state/storage/crc32c.h"

#include <array>
#include <cstring>

#include "state/storage/manifest.h"

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace millrace {
namespace {

// Castagnoli's polynomial, its bits reversed.
constexpr uint32_t kPolynomial = 0x82f63b78;

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) ? kPolynomial : 0);
    }
    table[byte] = remainder;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = MakeTable();

}  // namespace

uint32_t Crc32cByTable(absl::string_view bytes, uint32_t before) {
  uint32_t crc = ~before;
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  return ~crc;
}

#if defined(__SSE4_2__)

uint32_t Crc32c(absl::string_view bytes, uint32_t before) {
  uint64_t crc = ~before;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; at < end; ++at) {
    crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<uint8_t>(*at));
  }
  return ~static_cast<uint32_t>(crc);
}

#else

uint32_t Crc32c(absl::string_view bytes, uint32_t before) {
  return Crc32cByTable(bytes, before);
}

#endif

}  // namespace millrace
