#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/disk.h"

namespace millrace {

// A dead letter as its file has it (runtime/operators/dead_letter_line.h).
struct DeadLetter {
  std::string line;  // Whole.
  std::string time;
  std::string code;
  // The record's bytes; none: it is a row.
  std::optional<std::string> raw;
};

// nullopt: the line is not one.
std::optional<DeadLetter> ParseDeadLetter(absl::string_view line);

// Where the letters of one table lie: files part-* of completed checkpoints.
struct DeadLetterFolder {
  std::string job;
  std::string table;
  std::string path;
};

// All folders below `root`, the data directory, sorted: of jobs run here,
// <job>/dead-letters/<table>, and of TaskManagers, dead-letters/<job>/<table>.
absl::StatusOr<std::vector<DeadLetterFolder>> FindDeadLetters(
    const std::string& root, Disk* disk);

// Names of the folder's finished files, sorted; what begins with a dot is not.
absl::StatusOr<std::vector<std::string>> DeadLetterFiles(
    const std::string& folder, Disk* disk);

// Those of the files, in order. kDataLoss names a line that is no letter.
absl::StatusOr<std::vector<DeadLetter>> ReadDeadLetters(
    const std::string& folder, const std::vector<std::string>& files,
    Disk* disk);

}  // namespace millrace
