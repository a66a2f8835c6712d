#include "connectors/kafka/exactly_once/marker_ledger.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::kafka {
namespace {

bool IsBefore(const CommitPosition& a, const CommitPosition& b) {
  return std::pair(a.sequence, a.chunk) < std::pair(b.sequence, b.chunk);
}

CommitPosition LastOf(const SealedEpoch& epoch) {
  return {.lineage = epoch.lineage,
          .sequence = epoch.sequence,
          .chunk = static_cast<int32_t>(epoch.chunks.size()) - 1};
}

std::string TextOf(const CommitPosition& position) {
  return absl::StrCat("chunk ", position.chunk, " of epoch ", position.sequence,
                      " of job ", position.lineage);
}

}  // namespace

absl::Status MarkerLedger::Read(std::optional<CommitMarker> marker,
                                int64_t offset) {
  marker_ = std::move(marker);
  const absl::Status holds = Holds(acknowledged_);
  if (marker_) acknowledged_ = {marker_->position, offset};
  return holds;
}

void MarkerLedger::Committed(CommitMarker marker, int64_t offset) {
  // From an older place too everything is read.
  if (offset < 0 && acknowledged_) offset = acknowledged_->offset;
  acknowledged_ = {marker.position, offset};
  marker_ = std::move(marker);
}

absl::Status MarkerLedger::Holds(
    const std::optional<AcknowledgedMarker>& known) const {
  if (!known) return absl::OkStatus();
  const auto found = marker_ ? marker_->PositionOf(known->position.lineage)
                             : std::nullopt;
  if (found && !IsBefore(*found, known->position)) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("it had ", TextOf(known->position), ", and now has ",
                   marker_ ? TextOf(marker_->position) : "nothing"));
}

absl::Status MarkerLedger::Fits(const SealedEpoch& epoch) const {
  const absl::Status holds = Holds(epoch.acknowledged);
  if (!holds.ok() || !marker_ || epoch.chunks.empty() || Covers(epoch) ||
      marker_->position.lineage == epoch.lineage) {
    return holds;
  }
  const bool never_wrote = !marker_->PositionOf(epoch.lineage).has_value() &&
                           !marker_->ancestors_left_out;
  if (never_wrote) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "job ", marker_->position.lineage,
      " has written there since, and did not go on from epoch ",
      epoch.sequence, " of job ", epoch.lineage, ", which waits"));
}

bool MarkerLedger::Covers(const SealedEpoch& epoch) const {
  if (epoch.chunks.empty()) return true;
  const auto found =
      marker_ ? marker_->PositionOf(epoch.lineage) : std::nullopt;
  return found && !IsBefore(*found, LastOf(epoch));
}

CommitMarker MarkerLedger::NextOf(const SealedEpoch& epoch) const {
  CommitPosition next = {.lineage = epoch.lineage, .sequence = epoch.sequence};
  if (!marker_) return {.position = std::move(next)};
  const auto found = marker_->PositionOf(epoch.lineage);
  if (found && found->sequence == epoch.sequence) next.chunk = found->chunk + 1;
  return marker_->Next(std::move(next));
}

void MarkerLedger::BeginAt(const SealedEpoch& epoch) {
  CommitPosition before = {.lineage = epoch.lineage,
                           .sequence = epoch.sequence - 1};
  marker_ = marker_ ? marker_->Next(std::move(before))
                    : CommitMarker{.position = std::move(before)};
  acknowledged_.reset();
}

void MarkerLedger::Forget() {
  if (!marker_) acknowledged_.reset();
}

}  // namespace millrace::kafka
