#include "jobmanager/checkpoint_in_progress.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"

namespace millrace {

void CheckpointInProgress::Record(const SubtaskId& subtask,
                                  std::vector<OperatorSnapshot> snapshots) {
  MILLRACE_CHECK(missing_.erase(subtask) == 1);
  manifest.operators.insert(manifest.operators.end(),
                            std::make_move_iterator(snapshots.begin()),
                            std::make_move_iterator(snapshots.end()));
}

std::string CheckpointInProgress::MissingText() const {
  constexpr int kMostNamed = 5;
  std::string text = absl::StrCat(missing_.size(), " of ", subtasks_,
                                  " subtasks did not answer:");
  int named = 0;
  for (const SubtaskId& subtask : missing_) {
    if (named++ == kMostNamed) {
      absl::StrAppend(&text, " ...");
      break;
    }
    absl::StrAppend(&text, named == 1 ? " " : ", ", subtask.vertex.value(),
                    "[", subtask.index, "]");
  }
  return text;
}

}  // namespace millrace
