#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/dead_letter.h"
#include "runtime/base/disk.h"

namespace millrace {

// Where the letters of one table lie:
//
//   part-<16 hex digits>-*  files of letters, a line each, of completed
//                           checkpoints
//   part-lines-*            letters outside of checkpoints, at least once
//                           (runtime/operators/dead_letter_writer.h)
//   .replayed/<id>/letters  the names of those that an ended replay began with,
//                           a line each (letter_replay.h)
//
// Everything here blocks.
struct DeadLetterFolder {
  std::string job;
  std::string table;
  std::string path;
  bool of_cluster = false;  // Then `job` is the job's id.
};

// All folders below `root`, the data directory, sorted: of jobs run here,
// <job>/dead-letters/<table>, and of TaskManagers, dead-letters/<job>/<table>.
absl::StatusOr<std::vector<DeadLetterFolder>> FindDeadLetters(
    const std::string& root, Disk* disk);

// Names of the folder's files of letters, sorted, without those
// that an ended replay began with.
absl::StatusOr<std::vector<std::string>> DeadLetterFiles(
    const std::string& path, Disk* disk);

// The letters of one file, in order, but a last line without its end where a
// file may have one. kDataLoss names a line that is no letter.
absl::StatusOr<std::vector<DeadLetter>> ReadDeadLetters(
    const std::string& file, Disk* disk);

// A replay's list of the files that it begins with, as ended ones have it.
inline constexpr absl::string_view kBegunWith = "/letters";
std::string BegunWithText(const std::set<std::string>& files);
// Where the ended replays of the folder at `path` lie.
std::string EndedReplays(const std::string& path);

}  // namespace millrace
