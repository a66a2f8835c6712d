#include "connectors/filesystem/file_committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/partition_mark.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

FileCommitter::~FileCommitter() {
  // With something in it, it stays for the next attempt.
  disk_.Remove(staging_folder_).IgnoreError();
}

absl::Status FileCommitter::Commit(
    const std::vector<Committable>& committables) {
  changed_.clear();
  superfluous_.clear();
  staging_.clear();
  checkpoint_ = 0;
  std::vector<FileCommit> commits;
  for (const Committable& one : committables) {
    ASSIGN_OR_RETURN(FileCommit commit, FileCommit::From(one));
    if (commit.kind == FileCommit::Kind::kEpoch) {
      checkpoint_ = std::max(checkpoint_, commit.first);
    }
    commits.push_back(std::move(commit));
  }
  for (const FileCommit& commit : commits) RETURN_IF_ERROR(Apply(commit));
  const absl::Status finished = Finish();
  if (finished.ok() || ErrorCode(finished)) return finished;
  return Unwritable(FolderOf(staging_folder_), finished);
}

absl::Status FileCommitter::Finish() {
  for (const std::string& folder : changed_) {
    RETURN_IF_ERROR(disk_.SyncDirectory(folder));
  }
  for (const std::string& staged : superfluous_) {
    RETURN_IF_ERROR(disk_.Remove(staged));
  }
  // Only now: a mark says that what it marks is there for good.
  for (const std::string& folder : staging_) {
    RETURN_IF_ERROR(SettleMarks(disk_, folder));
  }
  return absl::OkStatus();
}

absl::Status FileCommitter::Apply(const FileCommit& commit) {
  switch (commit.kind) {
    case FileCommit::Kind::kPart: return CommitPart(commit);
    case FileCommit::Kind::kMark: return WantMarkOf(commit);
    case FileCommit::Kind::kSweep: return Sweep(commit);
    case FileCommit::Kind::kEpoch: return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status FileCommitter::WantMarkOf(const FileCommit& commit) {
  staging_.insert(commit.from);
  const absl::Status wanted =
      WantMark(disk_, {.staging_folder = commit.from,
                       .partition_folder = commit.to,
                       .success_file_name = commit.name,
                       .checkpoint = checkpoint_,
                       .writer = static_cast<uint64_t>(commit.second)});
  return wanted.ok() ? wanted : Unwritable(commit.from, wanted);
}

absl::Status FileCommitter::CommitPart(const FileCommit& part) {
  const std::string folder = FolderOf(part.to);
  if (!changed_.contains(folder)) {
    const absl::Status made = disk_.MakeDirectory(folder);
    if (!made.ok()) return Unwritable(folder, made);
  }
  absl::Status named = disk_.Link(part.from, part.to);
  if (absl::IsFailedPrecondition(named)) {
    // A file system without links.
    named = disk_.Rename(part.from, part.to);
  }
  if (absl::IsNotFound(named)) {
    ASSIGN_OR_RETURN(const int64_t size, SizeOf(disk_, part.to));
    if (size < 0) return Missing(part);
  } else if (!named.ok() && !absl::IsAlreadyExists(named)) {
    return Unwritable(part.to, named);
  }
  // Also of one that was named before: who did it may not have come so far.
  changed_.insert(folder);
  superfluous_.push_back(part.from);
  staging_.insert(FolderOf(part.from));
  return absl::OkStatus();
}

// Its checkpoint has completed, so every subtask of this attempt had committed
// what the restored one left and copied what was open: see SinkEpochs::Seal.
absl::Status FileCommitter::Sweep(const FileCommit& sweep) {
  ASSIGN_OR_RETURN(const auto entries, disk_.List(sweep.from));
  for (const Disk::Entry& entry : entries) {
    if (!IsOfEarlierAttempt(entry.name, sweep.first)) continue;
    RETURN_IF_ERROR(
        disk_.Remove(absl::StrCat(sweep.from, "/", entry.name)));
  }
  staging_.insert(sweep.from);
  return absl::OkStatus();
}

absl::Status FileCommitter::Abort(
    const std::vector<Committable>& committables) {
  for (const Committable& one : committables) {
    ASSIGN_OR_RETURN(const FileCommit commit, FileCommit::From(one));
    if (commit.kind == FileCommit::Kind::kPart) {
      RETURN_IF_ERROR(disk_.Remove(commit.from));
    }
  }
  return absl::OkStatus();
}

absl::Status FileCommitter::Missing(const FileCommit& commit) const {
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "SNK-0104",
       .what = absl::StrCat("output that a checkpoint holds is not there: '",
                            commit.to, "'"),
       .why = absl::StrCat("neither it nor '", commit.from,
                           "' can be found whole: one of them was moved or "
                           "deleted while the job was down"),
       .fix = "Put it back. If it was taken away on purpose, make an empty "
              "file of its name and start the job again."});
}

}  // namespace millrace
