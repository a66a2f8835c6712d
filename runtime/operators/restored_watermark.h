#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "state/snapshot.h"

namespace millrace {

// The watermark to go on from after a restore: the least of the kUnion list
// `name`, in which each subtask left its own as a decimal number; kMinWatermark
// where none did. kDataLoss: an item is no number.
absl::StatusOr<int64_t> RestoredWatermark(absl::string_view name,
                                          SnapshotReader& reader);

}  // namespace millrace
