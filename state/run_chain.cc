#include "state/run_chain.h"

#include <utility>

#include "runtime/base/check.h"

namespace millrace {

using Extent = SnapshotWriter::Extent;

void RunChain::Adopt(const std::vector<Blob>& runs) {
  MILLRACE_CHECK(chain_.empty() && open_.empty());
  for (const Blob& blob : runs) {
    chain_.push_back(
        {.serial = next_serial_++,
         .size_bytes = blob.file
                           ? blob.file->size_bytes
                           : static_cast<int64_t>(blob.inlined.size()),
         .blob = blob});
  }
}

Extent RunChain::NextExtent() const {
  if (chain_.empty() || chain_.size() >= kMaxRuns) return Extent::kAll;
  int64_t changes = 0;
  for (size_t i = 1; i < chain_.size(); ++i) changes += chain_[i].size_bytes;
  return changes * kChangesPerBase > chain_[0].size_bytes ? Extent::kAll
                                                          : Extent::kChanges;
}

std::shared_ptr<RunChain::FrozenRuns> RunChain::Add(
    CheckpointId checkpoint, Extent extent,
    std::shared_ptr<const RunCollector> entries) {
  if (extent == Extent::kAll) chain_.clear();
  if (!entries->empty()) {
    const auto size_bytes = static_cast<int64_t>(entries->size_bytes());
    chain_.push_back({.serial = next_serial_++,
                      .size_bytes = size_bytes,
                      .entries = std::move(entries)});
  }
  auto frozen = std::make_shared<FrozenRuns>();
  for (const Run& run : chain_) {
    frozen->runs.push_back({run.serial, run.entries, run.blob});
  }
  open_.push_back({checkpoint, frozen});
  if (open_.size() > kMaxOpen) open_.pop_front();
  return frozen;
}

void RunChain::OnComplete(CheckpointId checkpoint) {
  while (!open_.empty() && open_.front().checkpoint < checkpoint) {
    open_.pop_front();
  }
  if (open_.empty() || open_.front().checkpoint != checkpoint) return;
  const std::shared_ptr<FrozenRuns> frozen = std::move(open_.front().frozen);
  open_.pop_front();
  // A newer one may have completed too, and this one's files may be gone.
  if (!open_.empty() || !frozen->uploaded) return;
  // Both are in the order of their serials, and a chain only loses all.
  size_t at = 0;
  for (Run& run : chain_) {
    while (at < frozen->runs.size() && frozen->runs[at].serial < run.serial) {
      ++at;
    }
    if (at == frozen->runs.size()) break;
    if (frozen->runs[at].serial != run.serial) continue;
    run.blob = frozen->runs[at].blob;
    run.entries = nullptr;
  }
}

void RunChain::OnAbort(CheckpointId checkpoint) {
  std::erase_if(open_, [&](const OpenSnapshot& snapshot) {
    return snapshot.checkpoint == checkpoint;
  });
}

}  // namespace millrace
