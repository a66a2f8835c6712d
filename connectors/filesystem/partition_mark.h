#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "runtime/base/disk.h"

namespace millrace {

// How a partition of a table gets its success file when several subtasks, in
// several processes, write to it.
//
// Each subtask finds by itself, at a barrier, that a partition is complete: by
// its watermark of that checkpoint, or by the clock. Once the checkpoint has
// completed its committer, having made its own parts visible, leaves a wanted
// mark in the staging folder, then looks there for parts of the partition that
// were begun before the checkpoint: they hold rows of it, or of one before it,
// that nobody can read yet. If there is none it writes the success file and
// takes the mark away. If there is one, whoever commits that part looks in
// turn, for everyone looks after every commit.
//
// So the file appears only when every part with rows of a completed checkpoint
// is visible, and it does appear: of two subtasks that looked and found the
// other's part, each renamed its own before it looked, which cannot be. Parts
// begun after the checkpoint do not count: a partition that gets more rows is
// marked again. A part that an earlier attempt left counts until the sweep of
// the first checkpoint completed after the restore takes it away.
struct PartitionMark {
  std::string staging_folder;
  std::string partition_folder;
  std::string success_file_name;
  int64_t checkpoint = 0;
  uint64_t writer = 0;  // Tells apart those who want the same.
};

// As in StagedName::partition.
uint64_t PartitionHash(const std::string& partition_folder);

// Durable when OK, and so is each of the following.
absl::Status WantMark(Disk& disk, const PartitionMark& mark);

// Writes the success file of every wanted mark that nothing stands against.
absl::Status SettleMarks(Disk& disk, const std::string& staging_folder);

}  // namespace millrace
