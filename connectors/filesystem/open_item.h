#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// What a sink of files leaves open across a barrier, as fields with '\0'
// between them:
//
//   "1" kind       from     to      first       second      partition values...
//       part       staging  target  length      created ms
//       partition                   first row ms
//       epoch                       checkpoint
//
// part: its first `length` bytes are durable and belong to the checkpoint.
// partition: has rows and is not marked complete yet. epoch: one of each
// writer, the checkpoint itself.
struct OpenItem {
  enum class Kind { kPart, kPartition, kEpoch };

  Kind kind = Kind::kPart;
  std::string from;
  std::string to;
  int64_t first = 0;
  int64_t second = 0;
  std::vector<std::string> values;

  std::string ToString() const;
  // kDataLoss: not made by ToString.
  static absl::StatusOr<OpenItem> From(const std::string& text);

  // SNK-0105: it cannot be restored, for the reason `why`.
  absl::Status Lost(absl::string_view why) const;
};

}  // namespace millrace
