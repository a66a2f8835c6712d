#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/connector/source.h"

namespace millrace::kafka {

// A partition as a split: id "<topic>/<partition>", position
// "<next offset>,<end offset or ->". Offsets below 0 are the logical ones.
struct PartitionSplit {
  static constexpr int64_t kEarliest = -2;
  static constexpr int64_t kNoEnd = -1;

  std::string topic;
  int32_t partition = 0;
  int64_t next_offset = kEarliest;
  int64_t end_offset = kNoEnd;  // Exclusive.

  bool ended() const {
    return end_offset != kNoEnd && next_offset >= 0 &&
           next_offset >= end_offset;
  }
  friend bool operator==(const PartitionSplit&,
                         const PartitionSplit&) = default;
};

Split ToSplit(const PartitionSplit& partition);

// kDataLoss when id or position is not of that form.
absl::StatusOr<PartitionSplit> FromSplit(const Split& split);

}  // namespace millrace::kafka
