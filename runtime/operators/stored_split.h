#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/event_time.h"
#include "runtime/connector/source.h"

namespace millrace {

// A split that a source subtask reads, as a checkpoint keeps it.
struct StoredSplit {
  Split split;
  // What is behind it is late, as it was before.
  int64_t watermark_ms = kMinWatermark;
};

// An item of the list "splits" and back, version 1:
//
//   id | 0 (1) | watermark (8, little endian) | position, the rest
//
// kDataLoss: the item is none.
std::string EncodeStoredSplit(const StoredSplit& stored);
absl::StatusOr<StoredSplit> DecodeStoredSplit(absl::string_view item);

}  // namespace millrace
