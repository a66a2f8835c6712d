#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/disk.h"
#include "runtime/connector/connector_registry.h"

namespace millrace {

// Where the sinks of one job keep what nobody may read yet: a hidden folder
// below the table's path, so that a rename makes it visible.
//
//   <path>/.staging-<job id>/
//     <attempt>.<begun after>.<partition>.<name>   output of one writer
//     mark.<checkpoint>.<partition>.<writer>       a partition that is complete
//                                                  (partition_mark.h)
//     lock.<attempt>.<name>                        its sink is the only one
//
// `begun after` is the checkpoint that the writer had sealed last when it began
// the file: every row in it came later. `partition` is a hash, 16 hex digits.
// Names begin with the attempt, so no two attempts write the same file: one
// that was given up but still runs spoils nothing.
struct StagedName {
  int64_t attempt = 0;
  int64_t begun_after = 0;
  uint64_t partition = 0;
  std::string name;

  std::string ToString() const;
  // nullopt: some other file.
  static std::optional<StagedName> Parse(absl::string_view file);
};

// A file that one sink of an attempt holds a lock of.
struct StagedLock {
  int64_t attempt = 0;
  std::string name;

  std::string ToString() const;
  static std::optional<StagedLock> Parse(absl::string_view file);
};

// Whether an attempt before `attempt` left this file, and it is no mark.
bool IsOfEarlierAttempt(absl::string_view file, int64_t attempt);

std::string StagingFolder(absl::string_view path, absl::string_view job_id);

// -1: the folder of `path` has no file of its name.
absl::StatusOr<int64_t> SizeOf(Disk& disk, const std::string& path);

// 16 hex digits that tell apart whatever writes below one path: the sinks of a
// job, its attempts, and jobs that followed one another under one id.
std::string RunName(const ConnectorContext& context);

// SNK-0101: `path` could not be written, for the reason of `status`, whose
// code is kept.
absl::Status Unwritable(const std::string& path, const absl::Status& status);

// The folder of a table, and in it that of its staged output. SNK-0101.
absl::Status MakeStagingFolder(Disk& disk, const std::string& path,
                               const std::string& staging_folder);

}  // namespace millrace
