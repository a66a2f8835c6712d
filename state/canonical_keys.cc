#include "state/canonical_keys.h"

#include <cstring>

#include "runtime/base/hash.h"

namespace millrace {

bool CanonicalKeys::Pack(const KeyLayout& layout,
                         std::span<const absl::string_view> keys) {
  const uint32_t width = CellBytes(layout.form);
  hashes_.resize(keys.size());
  cells_.resize(keys.size() * (width / sizeof(uint64_t)));
  const bool is_word = layout.form == KeyForm::kWord;
  if (is_word && layout.word_bytes == 8 && PackWords(keys)) return true;
  char* cell = reinterpret_cast<char*>(cells_.data());
  for (size_t i = 0; i < keys.size(); ++i, cell += width) {
    // NULL has no bytes.
    if (is_word && !keys[i].empty() && keys[i].size() != layout.word_bytes) {
      return false;
    }
    layout.SetCell(keys[i], cell);
    hashes_[i] = HashBytes(keys[i]);
  }
  return true;
}

// The most frequent kind, in loops without calls.
// False: one has another length.
bool CanonicalKeys::PackWords(std::span<const absl::string_view> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].size() != 8) return false;
    std::memcpy(&cells_[i], keys[i].data(), 8);
  }
  HashWords(cells_.data(), static_cast<uint32_t>(keys.size()), hashes_.data());
  return true;
}

}  // namespace millrace
