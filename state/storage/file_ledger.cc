#include "state/storage/file_ledger.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "runtime/base/check.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

FileLedger::Names NamesOf(const Manifest& manifest) {
  FileLedger::Names names = {
      ManifestName(manifest.job_id, manifest.checkpoint)};
  for (FileRef& file : FilesOf(manifest)) names.push_back(std::move(file.name));
  return names;
}

// Whichever job's it is: none of them is given out too early so.
bool IsOutput(absl::string_view name) {
  return OutputAttemptOf(name.substr(0, name.find('/')), name).has_value();
}

}  // namespace

FileLedger::Names FileLedger::Add(const Manifest& manifest) {
  const auto [entry, is_new] = counting_.try_emplace(manifest.checkpoint);
  if (is_new) {
    entry->second = {manifest.is_savepoint, NamesOf(manifest)};
    Refer(entry->second.names);
  }
  Names freed = EndPending(manifest.checkpoint);
  if (!manifest.is_savepoint) EndGivenUp(manifest.checkpoint, freed);
  return freed;
}

FileLedger::Names FileLedger::EndOutput() {
  Names freed;
  EndGivenUp(CheckpointId(INT64_MAX), freed);
  return freed;
}

void FileLedger::EndGivenUp(CheckpointId checkpoint, Names& freed) {
  while (!given_up_.empty() && given_up_.begin()->first < checkpoint) {
    const Names names = std::move(given_up_.begin()->second);
    given_up_.erase(given_up_.begin());
    Release(names, freed);
  }
}

void FileLedger::AddForeign(const Manifest& manifest) {
  for (std::string& name : NamesOf(manifest)) foreign_.insert(std::move(name));
}

FileLedger::Names FileLedger::Remove(CheckpointId checkpoint) {
  Names freed;
  const auto entry = counting_.find(checkpoint);
  if (entry == counting_.end()) return freed;
  const auto [is_savepoint, names] = std::move(entry->second);
  counting_.erase(entry);
  if (is_savepoint) KeepOutput(checkpoint, names);
  for (auto& [id, kept] : pending_) {
    // Nothing builds on a manifest.
    const Names files(names.begin() + 1, names.end());
    kept.insert(kept.end(), files.begin(), files.end());
    Refer(files);
  }
  Release(names, freed);
  return freed;
}

void FileLedger::Begin(CheckpointId checkpoint) {
  pending_.try_emplace(checkpoint);
}

void FileLedger::Hold(CheckpointId checkpoint,
                      const std::vector<FileRef>& files) {
  const auto pending = pending_.find(checkpoint);
  MILLRACE_CHECK(pending != pending_.end());
  Names names;
  for (const FileRef& file : files) names.push_back(file.name);
  Refer(names);
  pending->second.insert(pending->second.end(), names.begin(), names.end());
}

FileLedger::Names FileLedger::Abandon(CheckpointId checkpoint) {
  const auto pending = pending_.find(checkpoint);
  if (pending == pending_.end()) return {};
  KeepOutput(checkpoint, pending->second);
  return EndPending(checkpoint);
}

void FileLedger::KeepOutput(CheckpointId checkpoint, const Names& names) {
  Names kept;
  for (const std::string& name : names) {
    if (IsOutput(name)) kept.push_back(name);
  }
  Refer(kept);
  if (!kept.empty()) given_up_[checkpoint] = std::move(kept);
}

FileLedger::Names FileLedger::EndPending(CheckpointId checkpoint) {
  Names freed;
  const auto pending = pending_.find(checkpoint);
  if (pending == pending_.end()) return freed;
  const Names names = std::move(pending->second);
  pending_.erase(pending);
  Release(names, freed);
  return freed;
}

void FileLedger::Refer(const Names& names) {
  for (const std::string& name : names) ++references_[name];
}

void FileLedger::Release(const Names& names, Names& freed) {
  for (const std::string& name : names) {
    const auto count = references_.find(name);
    MILLRACE_CHECK(count != references_.end());
    if (--count->second > 0) continue;
    references_.erase(count);
    if (!foreign_.contains(name)) freed.push_back(name);
  }
}

std::vector<CheckpointId> FileLedger::checkpoints() const {
  std::vector<CheckpointId> ids;
  for (const auto& [id, counted] : counting_) ids.push_back(id);
  return ids;
}

FileLedger::Names FileLedger::Orphans(absl::string_view job_id,
                                      const Names& listed,
                                      CheckpointId next) const {
  const CheckpointId undecided =
      pending_.empty() ? next : std::min(next, pending_.begin()->first);
  Names orphans;
  for (const std::string& name : listed) {
    const auto checkpoint = CheckpointOf(job_id, name);
    const bool is_over =
        checkpoint ? *checkpoint < undecided
                   : OutputAttemptOf(job_id, name).has_value();
    if (is_over && !IsReferenced(name)) {
      orphans.push_back(name);
    }
  }
  return orphans;
}

}  // namespace millrace
