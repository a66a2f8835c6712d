#include "embedded/embedded_job.h"

#include <algorithm>
#include <tuple>

#include "runtime/base/core_count.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(50);

int SlotsFor(const JobPlan& plan, int wanted) {
  if (wanted > 0) return wanted;
  int parallelism = 1;
  for (const Vertex& vertex : plan.vertices) {
    parallelism = std::max(parallelism, vertex.parallelism);
  }
  return std::min(parallelism, CoreCount());
}

}  // namespace

EmbeddedJob::EmbeddedJob(const JobPlan& plan, Options options)
    : options_(std::move(options)),
      staged_output_(plan, options_.job_id, options_.connectors,
                     options_.disk),
      memory_(options_.memory_bytes),
      news_([this] { owner_.Wake(); }),
      board_(plan, options_.clock),
      deployer_(std::make_unique<LocalDeployer>(LocalDeployer::Options{
          .slots = SlotsFor(plan, options_.slots),
          .environment = EnvironmentOfAttempts(),
          .backend = options_.backend,
          .local_folder = options_.directory == nullptr
                              ? ""
                              : options_.directory->local_path(),
          .on_counters =
              [this](std::vector<LocalTaskManager::SubtaskCounters> counters) {
                news_.Post(std::move(counters));
              },
          .on_restored = [this](const RestoreReport& report) {
            news_.Post(report);
          }})),
      background_(1),
      loop_(1) {}

SubtaskEnvironment EmbeddedJob::EnvironmentOfAttempts() {
  JobDirectory* const directory = options_.directory;
  SubtaskEnvironment environment;
  environment.connectors = options_.connectors;
  environment.functions = options_.functions;
  environment.clock = options_.clock;
  environment.disk = options_.disk;
  environment.memory = &memory_;
  environment.metrics = options_.metrics;
  environment.make_operator = options_.make_operator;
  environment.job_id = options_.job_id;
  environment.dead_letter_directory = options_.dead_letter_directory;
  environment.metric_labels = options_.metric_labels;
  environment.latency_interval = options_.latency_interval;
  environment.checkpoints =
      directory == nullptr ? nullptr : directory->objects();
  environment.takes_periodic_checkpoints =
      directory != nullptr && options_.checkpoints.periodic();
  environment.report_line = [this](VertexId vertex, int subtask,
                                   std::string line) {
    news_.Post(FinishLine{vertex, subtask, std::move(line)});
  };
  return environment;
}

JobMaster::Environment EmbeddedJob::EnvironmentOfMaster() {
  return {.connectors = options_.connectors,
          .clock = options_.clock,
          .background = &background_,
          .deployer = deployer_.get(),
          .job_id = options_.job_id,
          .store = options_.directory == nullptr
                       ? nullptr
                       : options_.directory->checkpoints(),
          .checkpoints = options_.checkpoints,
          .failover = options_.failover,
          .right = {.lived = options_.lived},
          .restore = options_.restore,
          .metrics = options_.metrics,
          .metric_labels = options_.metric_labels,
          .on_state =
              [this](JobState state, const absl::Status& failure) {
                news_.Post(StateChange{state, failure});
              },
          .on_splits =
              [this](const JobExecution::GiveSplits& splits) {
                news_.Post(splits);
              },
          .on_checkpoint =
              [this](const CheckpointStats& stats) { news_.Post(stats); }};
}

absl::StatusOr<std::unique_ptr<EmbeddedJob>> EmbeddedJob::Start(
    const JobPlan& plan, Options options) {
  std::unique_ptr<EmbeddedJob> job(new EmbeddedJob(plan, std::move(options)));
  ASSIGN_OR_RETURN(job->master_,
                   JobMaster::Open(plan, job->EnvironmentOfMaster()));
  job->loop_.Post([running = job.get()] { running->RunMaster(); });
  return job;
}

void EmbeddedJob::RunMaster() {
  master_->RunUntilEnd();
  // Of a job with a directory a checkpoint or a savepoint may need what it
  // staged; the next attempt's first checkpoint takes away what does not count.
  if (options_.directory == nullptr) staged_output_.Discard();
}

EmbeddedJob::~EmbeddedJob() {
  if (master_ == nullptr) return;
  Cancel();
  // A savepoint that nobody is left to copy does not hold up the end.
  while (!WaitFor(kLookEvery)) {
    for (const CheckpointId savepoint : stopped_at_.TakeAll()) {
      ReleaseSavepoint(savepoint, /*lost=*/true);
    }
  }
}

void EmbeddedJob::Stop(bool drain, JobMaster::Answer answer) {
  master_->Stop(drain, [this, answer = std::move(answer)](
                           absl::StatusOr<CheckpointId> savepoint) {
    if (savepoint.ok()) stopped_at_.Post(*savepoint);
    answer(std::move(savepoint));
  });
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
    } else if (auto* stats = std::get_if<CheckpointStats>(&news)) {
      board_.SetCheckpoints(*stats);
    } else if (auto* restored = std::get_if<RestoreReport>(&news)) {
      board_.SetRestored(std::move(*restored));
    } else {
      board_.SetCounters(std::move(
          std::get<std::vector<LocalTaskManager::SubtaskCounters>>(news)));
    }
  }
}

}  // namespace millrace
