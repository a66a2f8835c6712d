#include "jobmanager/retained_checkpoints.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace {
namespace {

void Append(FileLedger::Names more, FileLedger::Names& names) {
  names.insert(names.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

}  // namespace

void RetainedCheckpoints::Hold(
    CheckpointId checkpoint, const std::vector<OperatorSnapshot>& snapshots) {
  for (const OperatorSnapshot& snapshot : snapshots) {
    ledger_.Hold(checkpoint, FilesOf(snapshot));
  }
}

FileLedger::Names RetainedCheckpoints::Keep(const Manifest& manifest) {
  // It first: it may build on files of those that go.
  Names freed = ledger_.Add(manifest);
  const bool is_new = std::find(checkpoints_.begin(), checkpoints_.end(),
                                manifest.checkpoint) == checkpoints_.end();
  if (!manifest.is_savepoint && is_new) {
    checkpoints_.push_back(manifest.checkpoint);
  }
  while (static_cast<int>(checkpoints_.size()) > limit_) {
    Append(ledger_.Remove(checkpoints_.front()), freed);
    checkpoints_.pop_front();
  }
  return freed;
}

FileLedger::Names RetainedCheckpoints::Release(CheckpointId savepoint) {
  const bool is_checkpoint = std::find(checkpoints_.begin(), checkpoints_.end(),
                                       savepoint) != checkpoints_.end();
  return is_checkpoint ? Names() : ledger_.Remove(savepoint);
}

FileLedger::Names RetainedCheckpoints::Survey(
    const std::vector<Manifest>& savepoints, absl::string_view job_id,
    const Names& listed, CheckpointId next) {
  for (const Manifest& savepoint : savepoints) ledger_.Add(savepoint);
  surveyed_ = true;
  Names waste = std::exchange(held_, {});
  std::erase_if(waste, [&](const std::string& name) { return IsKept(name); });
  Append(ledger_.Orphans(job_id, listed, next), waste);
  std::sort(waste.begin(), waste.end());
  waste.erase(std::unique(waste.begin(), waste.end()), waste.end());
  return waste;
}

FileLedger::Names RetainedCheckpoints::HoldUntilSurvey(Names names) {
  if (surveyed_) return names;
  if (held_.size() < kMostHeld) Append(std::move(names), held_);
  return {};
}

FileLedger::Names RetainedCheckpoints::Clear() {
  Names freed;
  for (const CheckpointId id : std::exchange(checkpoints_, {})) {
    Append(ledger_.Remove(id), freed);
  }
  Append(ledger_.EndOutput(), freed);
  return freed;
}

}  // namespace millrace
