#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Ports of which the first that is free is taken: "9249" or "9249-9279"; "0" is
// any.
struct PortRange {
  int first = 0;
  int last = 0;
};

// CFG-0015: `text`, the value of `key`, is none.
absl::StatusOr<PortRange> ParsePortRange(absl::string_view key,
                                         absl::string_view text);
// One port, or 0 for any. CFG-0015 likewise.
absl::StatusOr<int> ParsePort(absl::string_view key, absl::string_view text);

}  // namespace millrace
