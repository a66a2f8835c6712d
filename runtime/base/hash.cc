#include "runtime/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace millrace {

uint64_t HashBytes(absl::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t HashWord(uint64_t word) { return XXH3_64bits(&word, sizeof word); }

}  // namespace millrace
