#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "runtime/connector/source.h"

namespace millrace {

// Where a job stands, with Flink's names.
enum class JobState {
  kCreated,
  kRunning,
  kFailing,     // a subtask failed; the others are being stopped
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

// One attempt of one job, as its master decides about it: deploys, hands
// splits to source subtasks, waits for all subtasks to end, stops them when one
// fails or somebody asks. The first failure is the job's; what fails while
// stopping is only its echo.
//
// Without checkpoints a failure ends the job, as Flink does when none are
// configured.
//
// A state machine: no I/O, no clock, no lock. An event that comes twice, late
// or after the end changes nothing.
class JobExecution {
 public:
  // Events.
  struct Start {};
  struct Deployed {
    absl::Status status;
    int subtasks = 0;  // How many SubtaskEnded will come.
    int stoppers = 0;  // How many Stopped a StopSubtasks is answered with.
  };
  struct SubtaskEnded {
    absl::Status status;
  };
  struct Stopped {};
  struct SplitsRequested {
    VertexId source;
    int subtask = 0;
  };
  struct Discovered {
    VertexId source;
    absl::StatusOr<std::vector<Split>> splits;
  };
  struct CancelAsked {};
  using Event = std::variant<Start, Deployed, SubtaskEnded, Stopped,
                             SplitsRequested, Discovered, CancelAsked>;

  // Actions.
  struct Deploy {};
  struct StopSubtasks {};
  // Calls the source's SplitDiscovery `after` from now; answered by Discovered.
  struct Discover {
    VertexId source;
    absl::Duration after;
  };
  struct GiveSplits {
    VertexId source;
    int subtask = 0;
    std::vector<Split> splits;
    bool no_more_splits = false;
    bool hold_watermark = false;  // Holds until a later one says otherwise.
  };
  using Action = std::variant<Deploy, StopSubtasks, Discover, GiveSplits>;

  struct Source {
    std::unique_ptr<SplitEnumerator> enumerator;
    int parallelism = 1;
  };

  explicit JobExecution(absl::btree_map<VertexId, Source> sources);

  std::vector<Action> Step(Event event);

  JobState state() const { return state_; }
  // OK unless the job is failing or failed.
  const absl::Status& first_failure() const { return first_failure_; }

 private:
  // How long after a failed discovery, of a source that was found once, the
  // next one is tried: a broker that is away comes back within seconds.
  static constexpr absl::Duration kDiscoveryRetry = absl::Seconds(5);

  struct SourceState {
    Source source;
    bool discovered = false;
    bool no_more_splits = false;
    bool hold_watermark = false;
    std::vector<int> early_requests;  // Before the first discovery.
  };

  void On(Start event, std::vector<Action>& actions);
  void On(Deployed event, std::vector<Action>& actions);
  void On(SubtaskEnded event, std::vector<Action>& actions);
  void On(Stopped event, std::vector<Action>& actions);
  void On(SplitsRequested event, std::vector<Action>& actions);
  void On(Discovered event, std::vector<Action>& actions);
  void On(CancelAsked event, std::vector<Action>& actions);

  void Fail(absl::Status status, std::vector<Action>& actions);
  void BeginStopping(JobState state, std::vector<Action>& actions);
  void EndStopping();
  void Take(VertexId id, SplitEnumerator::Actions decided,
            std::vector<Action>& actions);

  std::map<VertexId, SourceState> sources_;
  JobState state_ = JobState::kCreated;
  absl::Status first_failure_;
  bool deployed_ = false;
  bool stop_when_deployed_ = false;
  int subtasks_left_ = 0;
  int stoppers_left_ = 0;
};

}  // namespace millrace
