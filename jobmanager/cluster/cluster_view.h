#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "jobmanager/checkpoint_report.h"
#include "jobmanager/checkpoint_stats.h"
#include "jobmanager/job_state.h"
#include "runtime/plan/job_plan.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// What there is to see of a cluster, as values: REST, metrics and the terminal
// show it, nobody decides by it.

// One thing that failed a job's attempt.
struct FailureView {
  absl::Status status;
  absl::Time at;
  std::string task;          // "Source: bids (1/3)"; empty: none of its tasks.
  std::string task_manager;  // Where it ran; empty: nowhere.
};

// One subtask of a chain.
struct SubtaskView {
  SubtaskId id;
  absl::string_view state;  // Flink's name of a task's state.
  std::string task_manager;
  absl::Time started_at = absl::InfinitePast();
  absl::Time ended_at = absl::InfiniteFuture();
  SubtaskReport counted;  // By its latest heartbeat.
};

struct JobView {
  std::string job_id;
  std::shared_ptr<const JobPlan> plan;
  JobState state = JobState::kCreated;
  absl::Time started_at;
  absl::Time ended_at = absl::InfiniteFuture();  // While it has not.
  std::map<std::string, absl::Time> entered;     // Each state, the last time.
  int64_t attempt = 0;
  int64_t restarts = 0;
  // What it waits for before it can be deployed: "2 more slots: ..."; empty.
  std::string waits_for;
  std::vector<SubtaskView> subtasks;  // Of the present attempt.
  CheckpointStats checkpoints;
  std::vector<CheckpointReport> checkpoint_history;  // The newest last.
  std::vector<FailureView> failures;                 // The first cause first.
  std::vector<std::string> finish_lines;
};

struct TaskManagerView {
  to_job_manager::Register registered;
  std::string address;  // Of its data plane.
  absl::Time last_heartbeat_at;
  int32_t free_slots = 0;
  int64_t memory_used_bytes = 0;
  bool draining = false;
};

struct ClusterView {
  bool leads = false;
  int64_t term = 0;
  std::vector<TaskManagerView> task_managers;
  std::vector<JobView> jobs;  // Running ones, then ended ones, newest first.

  int32_t SlotsTotal() const;
  int32_t SlotsFree() const;
};

}  // namespace millrace
