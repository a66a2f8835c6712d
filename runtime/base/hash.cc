#include "runtime/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace millrace {

uint64_t HashBytes(absl::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t HashWord(uint64_t word) { return XXH3_64bits(&word, sizeof word); }

void HashWords(const uint64_t* words, uint32_t count, uint64_t* hashes) {
  for (uint32_t i = 0; i < count; ++i) {
    hashes[i] = XXH3_64bits(&words[i], sizeof words[i]);
  }
}

}  // namespace millrace
