#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "jobmanager/cluster/cluster_view.h"

namespace millrace {

// A small cluster to show: one TaskManager of two slots; a running job "count"
// of a source and a sink at parallelism 1 and 2, restarted once, with three
// checkpoints; and a job that has failed.

inline constexpr char kRunningJob[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
inline constexpr char kFailedJob[] = "ffffffffffffffffffffffffffffffff";

inline absl::Time AtSecond(int64_t second) {
  return absl::FromUnixSeconds(1700000000 + second);
}

inline std::shared_ptr<const JobPlan> SamplePlan() {
  auto plan = std::make_shared<JobPlan>();
  plan->name = "count";
  plan->config["execution.checkpointing.interval"] = "1 s";
  plan->vertices = {{.id = VertexId(0),
                     .uid = "bids",
                     .name = "Source(bids)",
                     .spec = SourceSpec{.table = {.name = "bids"}},
                     .parallelism = 1},
                    {.id = VertexId(1),
                     .uid = "out",
                     .name = "Sink(out)",
                     .spec = SinkSpec{.table = {.name = "out"}},
                     .parallelism = 2}};
  plan->edges = {{.from = VertexId(0),
                  .to = VertexId(1),
                  .exchange = ExchangeKind::kRebalance}};
  return plan;
}

inline SubtaskView SampleSubtask(int vertex, int index, int64_t rows) {
  SubtaskView subtask = {.id = {VertexId(vertex), index},
                         .state = "RUNNING",
                         .task_manager = "tm-1",
                         .started_at = AtSecond(1)};
  subtask.counted.subtask = subtask.id;
  subtask.counted.operators = {{.vertex = VertexId(vertex),
                                .rows_in = rows,
                                .rows_out = vertex == 0 ? rows : 0,
                                .bytes_in = rows * 10,
                                .watermark_ms = 5000}};
  subtask.counted.busy_nanos = 2000000;
  subtask.counted.idle_nanos = 7000000;
  subtask.counted.back_pressured_nanos = 1000000;
  return subtask;
}

inline JobView SampleRunningJob() {
  JobView job = {.job_id = kRunningJob,
                 .plan = SamplePlan(),
                 .state = JobState::kRunning,
                 .started_at = AtSecond(0),
                 .attempt = 2,
                 .restarts = 1};
  job.entered = {{"CREATED", AtSecond(0)}, {"RUNNING", AtSecond(1)}};
  job.subtasks = {SampleSubtask(0, 0, 100), SampleSubtask(1, 0, 60),
                  SampleSubtask(1, 1, 30)};
  using Outcome = CheckpointReport::Outcome;
  CheckpointReport begun = {.outcome = Outcome::kBegun,
                            .checkpoint = CheckpointId(4)};
  begun.at = AtSecond(2);
  CheckpointReport completed = {.outcome = Outcome::kCompleted,
                                .checkpoint = CheckpointId(4),
                                .duration = absl::Milliseconds(250),
                                .state_bytes = 1000,
                                .written_bytes = 10};
  completed.at = AtSecond(3);
  completed.path = "/ckpt/chk-4";
  CheckpointReport savepoint = completed;
  savepoint.kind = CheckpointKind::kSavepoint;
  savepoint.checkpoint = CheckpointId(5);
  savepoint.path = "/sp/savepoint-5";
  CheckpointReport failed = {
      .outcome = Outcome::kFailed,
      .duration = absl::Seconds(1),
      .failure = absl::DeadlineExceededError("too slow")};
  failed.at = AtSecond(4);
  job.checkpoint_history = {begun, completed, savepoint, failed};
  job.checkpoints = {.begun = 3,
                     .completed = 2,
                     .failed = 1,
                     .last_completed = CheckpointId(5),
                     .last_completed_at = AtSecond(3),
                     .last_duration = absl::Milliseconds(250),
                     .last_state_bytes = 1000,
                     .last_written_bytes = 10,
                     .restored = CheckpointId(3),
                     .restored_at = AtSecond(1)};
  job.failures = {{.status = absl::UnavailableError("tm-0 is gone"),
                   .at = AtSecond(1),
                   .task = "Source: bids (1/1)",
                   .task_manager = "tm-1"}};
  return job;
}

inline ClusterView SampleCluster() {
  ClusterView view = {.leads = true, .term = 1};
  TaskManagerView one = {.address = "10.0.0.1:6124",
                         .last_heartbeat_at = AtSecond(9),
                         .free_slots = 0,
                         .memory_used_bytes = 1 << 20};
  one.registered.task_manager = "tm-1";
  one.registered.slots = 2;
  one.registered.memory_bytes = 4 << 20;
  one.registered.cores = 2;
  view.task_managers.push_back(std::move(one));
  view.jobs.push_back(SampleRunningJob());
  JobView failed = {.job_id = kFailedJob,
                    .plan = SamplePlan(),
                    .state = JobState::kFailed,
                    .started_at = AtSecond(0),
                    .ended_at = AtSecond(2)};
  failed.failures = {{.status = absl::InvalidArgumentError("bad row"),
                      .at = AtSecond(2)}};
  view.jobs.push_back(std::move(failed));
  return view;
}

}  // namespace millrace
