#include "cli/port_range.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"

namespace millrace {

absl::StatusOr<PortRange> ParsePortRange(absl::string_view key,
                                         absl::string_view text) {
  const std::vector<std::string> ends = absl::StrSplit(text, '-');
  PortRange range;
  if (ends.empty() || ends.size() > 2 ||
      !absl::SimpleAtoi(ends[0], &range.first) ||
      !absl::SimpleAtoi(ends.back(), &range.last) || range.first < 0 ||
      range.last > 65535 || range.first > range.last) {
    return UserError({.code = "CFG-0015",
                      .what = absl::StrCat("'", text, "' is no port"),
                      .where = std::string(key),
                      .why = "",
                      .fix = "Write a port or a range: 9249 or 9249-9279."});
  }
  return range;
}

}  // namespace millrace
