#include "cli/savepoint_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/exit_status.h"
#include "embedded/savepoint_desk.h"
#include "runtime/base/error.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// A checkpoint's own timeout: after that the run answers that it failed.
constexpr absl::Duration kLongestWait = absl::Minutes(11);

// The one job below `root` whose folder's name begins with `job`.
absl::StatusOr<std::string> FindJob(const std::string& root,
                                    const std::string& job, Disk* disk) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries, disk->List(root));
  std::vector<std::string> all;
  std::vector<std::string> found;
  for (const Disk::Entry& entry : entries) {
    if (!entry.is_directory) continue;
    all.push_back(entry.name);
    if (entry.name == job) return job;
    if (absl::StartsWith(entry.name, job)) found.push_back(entry.name);
  }
  if (found.size() == 1) return found[0];
  std::sort(all.begin(), all.end());
  return UserError(
      {.code = "CLI-0006",
       .what = absl::StrCat(found.empty() ? "no job is called '"
                                          : "several jobs are called '",
                            job, "'"),
       .where = root,
       .why = {},
       .fix = all.empty() ? "Run it here first, or name the folder with -D "
                            "millrace.data-dir=DIR."
                          : absl::StrCat("There are: ",
                                         absl::StrJoin(all, ", "))});
}

absl::StatusOr<std::string> Write(const SavepointArguments& savepoint,
                                  const std::string& root, Disk* disk) {
  ASSIGN_OR_RETURN(const std::string job, FindJob(root, savepoint.job, disk));
  const std::string target =
      std::filesystem::absolute(savepoint.target).string();
  auto directory = JobDirectory::Open({.root = root, .identity = job}, disk);
  if (ErrorCode(directory.status()) == "JOB-0030") {
    return SavepointDesk::Ask(absl::StrCat(root, "/", job),
                              SavepointDesk::Wish::kSavepoint, target,
                              kLongestWait, disk);
  }
  RETURN_IF_ERROR(directory.status());
  ASSIGN_OR_RETURN(const std::optional<RetainedCheckpoint> latest,
                   (*directory)->Latest());
  if (!latest.has_value()) {
    return UserError({.code = "CLI-0007",
                      .what = "the job is not running and has no checkpoint",
                      .where = absl::StrCat(root, "/", job),
                      .why = {},
                      .fix = "Ask while it runs."});
  }
  return (*directory)->WriteSavepoint(latest->checkpoint, target);
}

absl::StatusOr<std::string> Run(const SavepointArguments& savepoint,
                                const JobArguments& arguments, Disk* disk) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  return Write(savepoint, ConfigValue(config, "millrace.data-dir"), disk);
}

absl::StatusOr<std::string> Stop(const StopArguments& stop,
                                 const JobArguments& arguments, Disk* disk) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  const std::string target =
      stop.target.empty()
          ? ConfigValue(config, "execution.checkpointing.savepoint-dir")
          : stop.target;
  if (target.empty()) {
    return UserError({.code = "CLI-0009",
                      .what = "there is no place for the savepoint",
                      .where = "the command line",
                      .why = {},
                      .fix = "Name a folder with --savepointPath, or set "
                             "'execution.checkpointing.savepoint-dir'."});
  }
  const std::string root = ConfigValue(config, "millrace.data-dir");
  ASSIGN_OR_RETURN(const std::string job, FindJob(root, stop.job, disk));
  const std::string path = absl::StrCat(root, "/", job);
  if (disk->Acquire(JobDirectory::LockIn(path), Disk::IfHeld::kFail).ok()) {
    return UserError({.code = "CLI-0010",
                      .what = "the job is not running",
                      .where = path,
                      .why = {},
                      .fix = "`millrace savepoint` makes a savepoint of its "
                             "latest checkpoint."});
  }
  std::printf("%s job \"%s\" with a savepoint.\n",
              stop.drain ? "Draining" : "Suspending", job.c_str());
  std::fflush(stdout);
  return SavepointDesk::Ask(path,
                            stop.drain ? SavepointDesk::Wish::kDrain
                                       : SavepointDesk::Wish::kStop,
                            std::filesystem::absolute(target).string(),
                            kLongestWait, disk);
}

int Say(const absl::StatusOr<std::string>& path) {
  if (!path.ok()) return ReportBadInput(path.status());
  std::printf("Savepoint completed. Path: %s\n", path->c_str());
  return kExitDone;
}

}  // namespace

int SavepointCommand(const SavepointArguments& savepoint,
                     const JobArguments& arguments) {
  PosixDisk disk;
  return Say(Run(savepoint, arguments, &disk));
}

int StopCommand(const StopArguments& stop, const JobArguments& arguments) {
  PosixDisk disk;
  return Say(Stop(stop, arguments, &disk));
}

}  // namespace millrace
