#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/disk.h"
#include "runtime/connector/letter_parts.h"

namespace millrace {

// A dead letter as its file has it (runtime/operators/dead_letter_line.h).
struct DeadLetter {
  std::string line;  // Whole.
  std::string time;
  std::string code;
  // Where the record came from, with its bytes; none: it is a row.
  std::optional<LetterRecord> record;
};

// nullopt: the line is not one.
std::optional<DeadLetter> ParseDeadLetter(absl::string_view line);

// Where the letters of one table lie: files part-* of completed checkpoints.
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

// Names of the folder's finished files, sorted, without those that a replay is
// done with (letter_replay.h).
absl::StatusOr<std::vector<std::string>> DeadLetterFiles(
    const std::string& folder, Disk* disk);

// Those of one file, in order. kDataLoss names a line that is no letter.
absl::StatusOr<std::vector<DeadLetter>> ReadDeadLetters(
    const std::string& path, Disk* disk);

}  // namespace millrace
