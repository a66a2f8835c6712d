#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/connector/options.h"
#include "taskmanager/attempt_report.h"
#include "taskmanager/attempt_runner.h"
#include "taskmanager/attempt_steps.h"
#include "taskmanager/checkpoint_folders.h"
#include "taskmanager/data_plane.h"

namespace millrace {

// This TaskManager's part of an attempt, made of a Deploy: its plan, the state
// it goes on from, its runner. What its subtasks say becomes events of the
// ledger.
//
// Build and Release block and may be called on a thread of their own; between
// them the others are called by one loop.
class AttemptHere {
 public:
  // What all attempts of the process have in common. Outlives them.
  struct Environment {
    SubtaskEnvironment subtasks;
    TableOptions config;  // Of this process, behind the deployment's.
    DataPlane* data_plane = nullptr;  // Null: no other process takes part.
    CheckpointFolders* folders = nullptr;  // Used by Build.
    std::string local_folder;  // For what stays in this process.
    // Quarantined records of a job go to a folder of its id below it.
    std::string dead_letter_folder;
    OneThread* one_thread = nullptr;  // Null: threads of its own.
    KvStoreOpener open_store;         // See StateBackends.
    // Thread-safe.
    std::function<void(ledger::Event)> post;
  };

  AttemptHere(to_task_manager::Deploy deploy, const Environment* environment);
  AttemptHere(const AttemptHere&) = delete;
  AttemptHere& operator=(const AttemptHere&) = delete;
  ~AttemptHere();

  // Once. After an error nothing runs.
  to_job_manager::Deployed Build();
  void Tell(ledger::Command command);
  // Posts Halted when nothing runs any more.
  void Halt() { runner_->Stop(); }
  // Empty where nothing was built.
  std::vector<SubtaskReport> Report() const;
  // Gives back threads, memory and files. Posts nothing any more when it
  // returns.
  void Release() { runner_.reset(); }

 private:
  absl::Status Prepare();
  absl::Status Start();
  absl::StatusOr<SubtaskEnvironment> EnvironmentOfSubtasks() const;
  std::unique_ptr<RemoteChannels> OpenChannels();
  absl::StatusOr<std::string> CheckpointFolder() const;

  to_task_manager::Deploy deploy_;
  const Environment& environment_;
  TableOptions master_config_;
  TableOptions config_;  // The process's behind it.
  JobPlan plan_;
  std::shared_ptr<const Manifest> restore_;
  ObjectStore* checkpoints_ = nullptr;
  std::optional<AttemptReport> report_;
  std::unique_ptr<AttemptRunner> runner_;
};

}  // namespace millrace
