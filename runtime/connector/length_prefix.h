#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// How letters delimit bytes of any kind: "<length>:" in decimals, and so many
// bytes.

// No prefix is longer: of more digits there is no length.
inline constexpr size_t kLongestLengthPrefix = 21;

void AppendWithLength(absl::string_view bytes, std::string& out);

// Takes the prefix from the front of `from`: the length that it says, which may
// be more than there is. nullopt: `from` begins with none, and stays.
std::optional<uint64_t> TakeLengthPrefix(absl::string_view& from);

}  // namespace millrace
