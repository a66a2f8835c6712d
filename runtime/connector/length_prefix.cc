#include "runtime/connector/length_prefix.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {

void AppendWithLength(absl::string_view bytes, std::string& out) {
  absl::StrAppend(&out, bytes.size(), ":", bytes);
}

std::optional<uint64_t> TakeLengthPrefix(absl::string_view& from) {
  const size_t colon = from.substr(0, kLongestLengthPrefix).find(':');
  uint64_t length = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(from.substr(0, colon), &length)) {
    return std::nullopt;
  }
  from.remove_prefix(colon + 1);
  return length;
}

}  // namespace millrace
