#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// What Crc32c of manifest.h is where the processor has no instruction for it:
// a byte at a time, by table.
uint32_t Crc32cByTable(absl::string_view bytes, uint32_t before = 0);

}  // namespace millrace
