#include "cli/port_range.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

bool IsPort(absl::string_view text, int& port) {
  return absl::SimpleAtoi(text, &port) && port >= 0 && port <= 65535;
}

absl::Status NoPort(absl::string_view key, absl::string_view text,
                    std::string fix) {
  return UserError({.code = "CFG-0015",
                    .what = absl::StrCat("'", text, "' is no port"),
                    .where = std::string(key),
                    .why = "",
                    .fix = std::move(fix)});
}

}  // namespace

absl::StatusOr<PortRange> ParsePortRange(absl::string_view key,
                                         absl::string_view text) {
  const std::vector<std::string> ends = absl::StrSplit(text, '-');
  PortRange range;
  if (ends.size() > 2 || !IsPort(ends[0], range.first) ||
      !IsPort(ends.back(), range.last) || range.first > range.last) {
    return NoPort(key, text, "Write a port or a range: 9249 or 9249-9279.");
  }
  return range;
}

absl::StatusOr<int> ParsePort(absl::string_view key, absl::string_view text) {
  int port = 0;
  if (IsPort(text, port)) return port;
  return NoPort(key, text, "Write a port, as 8081, or 0 for any free one.");
}

}  // namespace millrace
