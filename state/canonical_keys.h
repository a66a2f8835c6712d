#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/batch/packed_key.h"

namespace millrace {

// Packs keys that come as their canonical bytes (packed_key.h), as snapshots
// have them; a KeyPacker does so with columns. Not thread-safe.
class CanonicalKeys {
 public:
  // Replaces what was packed. False: some cannot be keys of that layout.
  // REQUIRES: few enough for a batch.
  bool Pack(const KeyLayout& layout, std::span<const absl::string_view> keys);

  // Borrowed until the next Pack, and from the bytes of long keys.
  PackedKeys packed() const {
    return {.count = static_cast<uint32_t>(hashes_.size()),
            .hashes = hashes_.data(),
            .cells = reinterpret_cast<const char*>(cells_.data())};
  }

 private:
  bool PackWords(std::span<const absl::string_view> keys);

  std::vector<uint64_t> hashes_;
  std::vector<uint64_t> cells_;
};

}  // namespace millrace
