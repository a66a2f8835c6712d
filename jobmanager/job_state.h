#pragma once

#include "absl/strings/string_view.h"

namespace millrace {

// Where a job stands, with Flink's names.
enum class JobState {
  kCreated,
  kRunning,
  kRestarting,  // a subtask failed; another attempt follows
  kFailing,     // a subtask failed for good; the others are being stopped
  kFailed,
  kCancelling,  // somebody asked; subtasks are being stopped
  kCanceled,
  kFinished
};

absl::string_view ToString(JobState state);

inline bool IsTerminal(JobState state) {
  return state == JobState::kFailed || state == JobState::kCanceled ||
         state == JobState::kFinished;
}

}  // namespace millrace
