#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// The keys of distinct values as snapshots and stores have them (version 1):
//
//   | prefix of the table | length of the group's key (LEB128) |
//   | the group's key | the value's canonical bytes |

// The length of the group's key and the key.
void AppendGroupKey(absl::string_view group_key, std::string& out);

// The head of the keys of a group's distinct values.
std::string ValuePrefix(absl::string_view table_prefix,
                        absl::string_view group_key);

struct ValueKey {
  size_t head_bytes = 0;  // Of everything in front of the value.
  absl::string_view group_key;
};
// Nothing: the bytes are damaged.
std::optional<ValueKey> ParseValueKey(absl::string_view key,
                                      size_t prefix_bytes);

}  // namespace millrace
