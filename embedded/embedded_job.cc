#include "embedded/embedded_job.h"

#include <sched.h>

#include <algorithm>
#include <tuple>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Reading ahead of a file and one more thing beside it.
constexpr int kConnectorThreads = 2;

// Cores that this process may use.
int CoreCount() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  return std::max(1, CPU_COUNT(&allowed));
}

int SlotsFor(const JobPlan& plan, int wanted) {
  if (wanted > 0) return wanted;
  int parallelism = 1;
  for (const Vertex& vertex : plan.vertices) {
    parallelism = std::max(parallelism, vertex.parallelism);
  }
  return std::min(parallelism, CoreCount());
}

}  // namespace

// The master's deployer for subtasks in this very process.
class EmbeddedJob::LocalDeployer final : public Deployer {
 public:
  LocalDeployer(EmbeddedJob* job, int slots) : job_(job), slots_(slots) {}

  // Blocks while state is read from a checkpoint.
  void Deploy(const JobPlan& plan, int64_t attempt,
              std::shared_ptr<const Manifest> restore,
              Listener listener) override {
    const Options& options = job_->options_;
    // One for each attempt: whatever still runs of the last one ends here.
    task_manager_ = std::make_unique<LocalTaskManager>(slots_, options.clock);
    SubtaskEnvironment environment = {
        .connectors = options.connectors,
        .functions = options.functions,
        .clock = options.clock,
        .memory = &job_->memory_,
        .metrics = options.metrics,
        .background = &job_->connector_pool_,
        .disk = &job_->disk_,
        .make_operator = options.make_operator,
        .job_id = options.job_id,
        .attempt = attempt,
        .dead_letter_directory = options.dead_letter_directory,
        .metric_labels = options.metric_labels,
        .restore = std::move(restore),
        .acknowledge = std::move(listener.acknowledged),
        .drained = std::move(listener.drained),
        .request_splits = std::move(listener.splits_requested),
        .report_line = [job = job_](VertexId vertex, int subtask,
                                    std::string line) {
          job->news_.Post(FinishLine{vertex, subtask, std::move(line)});
        }};
    const absl::Status started = task_manager_->Start(
        plan, std::move(environment),
        {.built =
             [this, deployed = listener.deployed](const auto& counters) {
               job_->news_.Post(counters);
               deployment_ = DeploymentOf(counters);
               deployed(deployment_);
             },
         .subtask_ended =
             [ended = listener.ended](VertexId vertex, int index,
                                      absl::Status status) {
               ended({vertex, index}, std::move(status));
             },
         .stopped = std::move(listener.stopped)});
    if (!started.ok()) listener.deployed(started);
  }

  void GiveSplits(JobExecution::GiveSplits given) override {
    task_manager_->Give({given.source, given.subtask},
                        {.splits = std::move(given.splits),
                         .no_more_splits = given.no_more_splits,
                         .hold_watermark = given.hold_watermark});
  }

  void TriggerCheckpoint(CheckpointId checkpoint) override {
    for (const SubtaskId& root : deployment_.roots) {
      task_manager_->Trigger(root, checkpoint);
    }
  }
  void CompleteCheckpoint(CheckpointId checkpoint, bool final) override {
    for (const SubtaskId& subtask : deployment_.subtasks) {
      task_manager_->Complete(subtask, checkpoint, final);
    }
  }
  void AbortCheckpoint(CheckpointId checkpoint) override {
    for (const SubtaskId& subtask : deployment_.subtasks) {
      task_manager_->Abort(subtask, checkpoint);
    }
  }

  void Stop() override { task_manager_->Stop(); }

 private:
  Deployment DeploymentOf(
      const std::vector<LocalTaskManager::SubtaskCounters>& counters) {
    Deployment deployment = {.stoppers = slots_};
    for (const LocalTaskManager::SubtaskCounters& subtask : counters) {
      const SubtaskId id = {subtask.vertices.front(), subtask.index};
      deployment.subtasks.push_back(id);
      if (subtask.is_root) deployment.roots.push_back(id);
    }
    return deployment;
  }

  EmbeddedJob* const job_;
  const int slots_;
  std::unique_ptr<LocalTaskManager> task_manager_;  // Of the last attempt.
  Deployment deployment_;
};

EmbeddedJob::EmbeddedJob(const JobPlan& plan, Options options)
    : options_(std::move(options)),
      memory_(options_.memory_bytes),
      news_([this] { owner_.Wake(); }),
      board_(plan, options_.clock),
      connector_pool_(kConnectorThreads),
      deployer_(std::make_unique<LocalDeployer>(
          this, SlotsFor(plan, options_.slots))),
      discovery_pool_(1),
      loop_(1) {}

absl::StatusOr<std::unique_ptr<EmbeddedJob>> EmbeddedJob::Start(
    const JobPlan& plan, Options options) {
  std::unique_ptr<EmbeddedJob> job(new EmbeddedJob(plan, std::move(options)));
  ASSIGN_OR_RETURN(
      job->master_,
      JobMaster::Open(
          plan,
          {.connectors = job->options_.connectors,
           .clock = job->options_.clock,
           .background = &job->discovery_pool_,
           .deployer = job->deployer_.get(),
           .on_state =
               [job = job.get()](JobState state, const absl::Status& failure) {
                 job->news_.Post(StateChange{state, failure});
               },
           .on_splits =
               [job = job.get()](const JobExecution::GiveSplits& splits) {
                 job->news_.Post(splits);
               }}));
  job->loop_.Post([master = job->master_.get()] { master->RunUntilEnd(); });
  return job;
}

EmbeddedJob::~EmbeddedJob() {
  if (master_ == nullptr) return;
  Cancel();
  WaitFor(absl::InfiniteDuration());
}

bool EmbeddedJob::WaitFor(absl::Duration timeout) {
  const int64_t start = options_.clock->SteadyNanos();
  while (true) {
    owner_.BeginTurn();
    TakeNews();
    if (IsTerminal(board_.state())) return true;
    int64_t left = INT64_MAX;
    if (timeout != absl::InfiniteDuration()) {
      left = absl::ToInt64Nanoseconds(timeout) -
             (options_.clock->SteadyNanos() - start);
      if (left <= 0) return false;
    }
    owner_.Wait(left);
  }
}

absl::Status EmbeddedJob::Wait() {
  WaitFor(absl::InfiniteDuration());
  if (board_.state() == JobState::kCanceled) {
    return absl::CancelledError("the job was cancelled");
  }
  return board_.first_failure();
}

JobStatus EmbeddedJob::Status() {
  TakeNews();
  return board_.Read();
}

std::vector<std::string> EmbeddedJob::FinishLines() {
  TakeNews();
  std::stable_sort(lines_.begin(), lines_.end(),
                   [](const FinishLine& a, const FinishLine& b) {
                     return std::tie(a.vertex, a.subtask) <
                            std::tie(b.vertex, b.subtask);
                   });
  std::vector<std::string> lines;
  for (const FinishLine& line : lines_) lines.push_back(line.line);
  return lines;
}

void EmbeddedJob::TakeNews() {
  for (News& news : news_.TakeAll()) {
    if (auto* change = std::get_if<StateChange>(&news)) {
      board_.SetState(change->state, std::move(change->first_failure));
    } else if (auto* given = std::get_if<JobExecution::GiveSplits>(&news)) {
      board_.AddSplits(given->source, given->subtask, given->splits);
    } else if (auto* line = std::get_if<FinishLine>(&news)) {
      lines_.push_back(std::move(*line));
    } else {
      board_.SetCounters(std::move(
          std::get<std::vector<LocalTaskManager::SubtaskCounters>>(news)));
    }
  }
}

}  // namespace millrace
