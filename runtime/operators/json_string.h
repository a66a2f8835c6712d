#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// Whether all of `text` is well-formed UTF-8.
bool IsUtf8(absl::string_view text);

// `text` as a JSON string, quotes included; bytes that are no UTF-8 become '?'.
std::string JsonString(absl::string_view text);

}  // namespace millrace
