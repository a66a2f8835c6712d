#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "connectors/kafka/exactly_once/commit_marker.h"
#include "connectors/kafka/exactly_once/sealed_epoch.h"

namespace millrace::kafka {

// What is known of one writer's marker in Kafka, and what follows from it for
// sealed epochs: whether they are there already, whether they fit at all.
//
// Rests on this: every first marker of a lineage names the lineages whose
// markers it found, so one that a marker does not know never wrote there.
class MarkerLedger {
 public:
  // Everything up to a nonce was read: its newest marker, if any, at `offset`.
  // What was acknowledged before must be in it. kNotFound: it is not, and so
  // what Kafka has is not what it had.
  absl::Status Read(std::optional<CommitMarker> marker, int64_t offset);
  // `marker` is committed; -1: at an offset that nobody told.
  void Committed(CommitMarker marker, int64_t offset);

  // After Read, whether `epoch` goes with what was read; kNotFound: its
  // acknowledged marker is not there, or a lineage that did not go on from it
  // has written since.
  absl::Status Fits(const SealedEpoch& epoch) const;
  // Whether every chunk of it is there.
  bool Covers(const SealedEpoch& epoch) const;
  // The marker of the first chunk of it that is not.
  CommitMarker NextOf(const SealedEpoch& epoch) const;

  // Where nothing fits: as if all before `epoch` were there and nothing else
  // were known.
  void BeginAt(const SealedEpoch& epoch);
  // The same, where nothing waits.
  void Forget();

  // The newest marker; none: there is none, or it was not read.
  const std::optional<CommitMarker>& marker() const { return marker_; }
  const std::optional<AcknowledgedMarker>& acknowledged() const {
    return acknowledged_;
  }

 private:
  absl::Status Holds(const std::optional<AcknowledgedMarker>& known) const;

  std::optional<CommitMarker> marker_;
  std::optional<AcknowledgedMarker> acknowledged_;
};

}  // namespace millrace::kafka
