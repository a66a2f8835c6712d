#pragma once

#include "absl/status/statusor.h"
#include "cli/dead_letter_folder.h"
#include "cli/dlq_command.h"
#include "runtime/base/disk.h"

namespace millrace {

// Replays the letters of `folder` through the script's job, as DlqReplayCommand
// says; the status to exit with. Those of a replay that was cut short
// stay: the same call goes on with it. CLI-0044: their job runs, or nobody says
// that it has ended.
absl::StatusOr<int> ReplayLetters(const DeadLetterFolder& folder,
                                  const DlqArguments& dlq,
                                  const JobArguments& arguments, Disk* disk);

}  // namespace millrace
