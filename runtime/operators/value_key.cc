#include "runtime/operators/value_key.h"

#include <cstdint>

#include "runtime/batch/packed_key.h"

namespace millrace {

void AppendGroupKey(absl::string_view group_key, std::string& out) {
  char length[5];
  out.append(length,
             WriteVarint(static_cast<uint32_t>(group_key.size()), length));
  out.append(group_key.data(), group_key.size());
}

std::string ValuePrefix(absl::string_view table_prefix,
                        absl::string_view group_key) {
  std::string prefix(table_prefix);
  AppendGroupKey(group_key, prefix);
  return prefix;
}

std::optional<ValueKey> ParseValueKey(absl::string_view key,
                                      size_t prefix_bytes) {
  if (key.size() < prefix_bytes) return std::nullopt;
  absl::string_view rest = key.substr(prefix_bytes);
  size_t length_bytes = 0;
  while (length_bytes < rest.size() && (rest[length_bytes] & 0x80) != 0) {
    ++length_bytes;
  }
  if (length_bytes >= 5 || length_bytes == rest.size()) return std::nullopt;
  const char* in = rest.data();
  const uint32_t length = ReadVarint(in);
  rest.remove_prefix(in - rest.data());
  if (length > rest.size()) return std::nullopt;
  return ValueKey{.head_bytes = key.size() - rest.size() + length,
                  .group_key = rest.substr(0, length)};
}

}  // namespace millrace
