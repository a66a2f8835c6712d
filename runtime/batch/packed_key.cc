#include "runtime/batch/packed_key.h"

#include "runtime/batch/vector.h"

namespace millrace {

KeyLayout KeyLayout::For(std::span<const LogicalType> types) {
  if (types.size() != 1) return {.form = KeyForm::kBytes32};
  const PhysicalType physical = types[0].physical();
  if (physical == PhysicalType::kString) return {.form = KeyForm::kBytes16};
  const bool nested = types[0].IsNested();
  const size_t width = ValueWidth(physical);
  if (nested || width == 0 || width > 8) return {.form = KeyForm::kBytes32};
  return {.form = KeyForm::kWord, .word_bytes = static_cast<uint32_t>(width)};
}

absl::string_view KeyLayout::Bytes(const char* cell, uint64_t hash) const {
  if (form == KeyForm::kWord) {
    uint64_t word;
    std::memcpy(&word, cell, 8);
    if (word == 0 && hash == NullWordHash()) return {};
    return {cell, word_bytes};
  }
  uint32_t length;
  std::memcpy(&length, cell, 4);
  if (length <= InlineBytes(form)) return {cell + 4, length};
  const char* pointer;
  std::memcpy(&pointer, cell + 8, 8);
  return {pointer, length};
}

void KeyLayout::SetCell(absl::string_view bytes, char* cell) const {
  std::memset(cell, 0, CellBytes(form));
  if (form == KeyForm::kWord) {
    if (!bytes.empty()) std::memcpy(cell, bytes.data(), bytes.size());
    return;
  }
  const auto length = static_cast<uint32_t>(bytes.size());
  std::memcpy(cell, &length, 4);
  if (length <= InlineBytes(form)) {
    if (length > 0) std::memcpy(cell + 4, bytes.data(), length);
  } else {
    std::memcpy(cell + 4, bytes.data(), 4);
    const char* pointer = bytes.data();
    std::memcpy(cell + 8, &pointer, 8);
  }
}

uint64_t NullWordHash() {
  static const uint64_t hash = HashBytes({});
  return hash;
}

}  // namespace millrace
