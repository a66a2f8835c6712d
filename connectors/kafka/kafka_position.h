#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/connector/source.h"

namespace millrace::kafka {

// A partition as a split: id "<topic>/<partition>", position
// "<next offset>,<end offset or ->,<cluster>,<mark's offset>:<mark's hash>",
// the last two together or not at all. Offsets below 0 are the logical ones.
struct PartitionSplit {
  static constexpr int64_t kEarliest = -2;
  static constexpr int64_t kNoEnd = -1;
  // The group has committed none. A partition found later never starts there,
  // so whoever opens the split says that it is an error.
  static constexpr int64_t kNotCommitted = -3;

  std::string topic;
  int32_t partition = 0;
  int64_t next_offset = kEarliest;
  int64_t end_offset = kNoEnd;  // Exclusive.
  std::string cluster;          // Its cluster.id; empty: not heard of yet.
  // The last record that was read: where the topic was deleted and made again,
  // another one is in its place. An offset below 0: none was.
  int64_t mark_offset = -1;
  uint64_t mark_hash = 0;

  bool ended() const {
    return end_offset == 0 || (end_offset != kNoEnd && next_offset >= 0 &&
                               next_offset >= end_offset);
  }
  friend bool operator==(const PartitionSplit&,
                         const PartitionSplit&) = default;
};

Split ToSplit(const PartitionSplit& partition);

// kDataLoss when id or position is not of that form.
absl::StatusOr<PartitionSplit> FromSplit(const Split& split);

}  // namespace millrace::kafka
