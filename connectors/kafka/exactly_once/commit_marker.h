#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace::kafka {

// How far the output of one writer has come: chunk `chunk` (0-based) of the
// epoch `sequence`, and everything of its lineage before. A lineage is a job;
// its sequences are checkpoint numbers, which a job never uses twice, also
// after it went on from an older checkpoint.
struct CommitPosition {
  std::string lineage;
  int64_t sequence = 0;
  int32_t chunk = 0;

  friend bool operator==(const CommitPosition&,
                         const CommitPosition&) = default;
};

// A marker that its writer knows to be committed, and where it lies.
struct AcknowledgedMarker {
  CommitPosition position;
  int64_t offset = -1;  // In its partition; -1: the broker did not say.

  friend bool operator==(const AcknowledgedMarker&,
                         const AcknowledgedMarker&) = default;
};

// The last record of every transaction: what the output has come to with it.
// It lies in the writer's own partition of a compacted topic under the whole
// transactional id as its key, so the newest one of a key counts.
//
// Value, one line of text, so that any consumer shows it to people:
//
//   "1" lineage sequence chunk ancestors checksum        with ' ' between
//
//   ancestors  lineage:sequence:chunk of lineages that wrote here before, the
//              newest first, with ',' between; "-" = none; ",..." at the end =
//              older ones were left out
//   checksum   XXH3-64 of key, '\n' and all before it but the last ' ', as 16
//              hex digits
//
// Lineages are hex digits or what else has none of " :,".
struct CommitMarker {
  // A job begun from a savepoint is one more; each failover is none.
  static constexpr size_t kMostAncestors = 16;

  CommitPosition position;
  std::vector<CommitPosition> ancestors = {};
  bool ancestors_left_out = false;

  // How far `lineage` came here, as far as this marker knows.
  std::optional<CommitPosition> PositionOf(absl::string_view lineage) const;

  // The marker of `position` that follows this one.
  CommitMarker Next(CommitPosition position) const;

  std::string Encode(absl::string_view key) const;
  // kDataLoss: not written by Encode with this key.
  static absl::StatusOr<CommitMarker> Decode(absl::string_view key,
                                             absl::string_view value);

  friend bool operator==(const CommitMarker&, const CommitMarker&) = default;
};

// The key of the records that tell a reader how far to read: another one than
// the marker's, which compaction would lose otherwise.
std::string NonceKey(absl::string_view transactional_id);

}  // namespace millrace::kafka
