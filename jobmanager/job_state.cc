#include "jobmanager/job_state.h"

namespace millrace {

absl::string_view ToString(JobState state) {
  switch (state) {
    case JobState::kCreated: return "CREATED";
    case JobState::kRunning: return "RUNNING";
    case JobState::kRestarting: return "RESTARTING";
    case JobState::kFailing: return "FAILING";
    case JobState::kFailed: return "FAILED";
    case JobState::kCancelling: return "CANCELLING";
    case JobState::kCanceled: return "CANCELED";
    case JobState::kFinished: return "FINISHED";
  }
  return "";
}

}  // namespace millrace
