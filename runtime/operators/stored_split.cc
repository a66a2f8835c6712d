#include "runtime/operators/stored_split.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace millrace {

std::string EncodeStoredSplit(const StoredSplit& stored) {
  char watermark[8];
  std::memcpy(watermark, &stored.watermark_ms, 8);
  return absl::StrCat(stored.split.id, absl::string_view("\0", 1),
                      absl::string_view(watermark, 8), stored.split.position);
}

absl::StatusOr<StoredSplit> DecodeStoredSplit(absl::string_view item) {
  const size_t end = item.find('\0');
  if (end == absl::string_view::npos || item.size() < end + 9) {
    return absl::DataLossError("a split of a source cannot be read");
  }
  StoredSplit stored;
  stored.split.id = std::string(item.substr(0, end));
  std::memcpy(&stored.watermark_ms, item.data() + end + 1, 8);
  stored.split.position = std::string(item.substr(end + 9));
  return stored;
}

}  // namespace millrace
