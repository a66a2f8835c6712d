#include "tests/sim/kafka/sink_job.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

constexpr int64_t kWordNanos = 20 * kMs;
// How late an attempt that was given up may hear of it.
constexpr int64_t kLateCancelNanos = 40'000 * kMs;
// When the death of a process is noticed, and a new attempt begins.
constexpr int64_t kNoticeNanos = 3'000 * kMs;
constexpr int64_t kSealRetryNanos = 50 * kMs;
// A checkpoint that takes longer is given up.
constexpr int64_t kCheckpointNanos = 60'000 * kMs;
constexpr size_t kMostRetained = 3;

}  // namespace

SinkJob::SinkJob(Scheduler* scheduler, KafkaCluster* cluster, BrokerLink* link,
                 const Options& options)
    : scheduler_(scheduler),
      cluster_(cluster),
      link_(link),
      options_(options) {
  Checkpoint nothing;
  for (int key = 0; key < options_.keys; ++key) nothing.positions[key] = 0;
  ledger_.Begin(0, nothing.positions);
  retained_.push_back(nothing);
  Begin(retained_.back(), options_.parallelism);
}

void SinkJob::Restart(int parallelism) {
  EndAttempt();
  Begin(retained_.back(), parallelism);
}

bool SinkJob::RestartFrom(int back, int parallelism,
                          std::optional<std::string> lineage) {
  if (static_cast<int>(retained_.size()) <= back) return false;
  const Checkpoint from = retained_[retained_.size() - 1 - back];
  if (from.id == 0) return false;
  EndAttempt();
  ledger_.Begin(++generation_, from.positions);
  if (lineage) {
    lineage_ = *lineage;
    KillAll();
  }
  retained_ = {from};
  scheduler_->Trace(absl::StrCat("job: begins anew at checkpoint ", from.id,
                                 ", lineage ", lineage_));
  Begin(from, parallelism);
  return true;
}

// What a subtask left pending goes to one subtask: its order is kept.
std::vector<SinkSubtask::Epochs> SinkJob::Redistribute(
    const Checkpoint& from, int parallelism) const {
  std::vector<SinkSubtask::Epochs> epochs(parallelism);
  for (size_t i = 0; i < from.pending.size(); ++i) {
    SinkSubtask::Epochs& mine = epochs[i % parallelism];
    mine.insert(mine.end(), from.pending[i].begin(), from.pending[i].end());
  }
  for (SinkSubtask::Epochs& mine : epochs) {
    std::stable_sort(mine.begin(), mine.end(),
                     [](const auto& a, const auto& b) {
                       return a.checkpoint < b.checkpoint;
                     });
  }
  return epochs;
}

void SinkJob::Begin(const Checkpoint& from, int parallelism) {
  attempts_.push_back(std::make_unique<Attempt>());
  Attempt& attempt = *attempts_.back();
  attempt_ = &attempt;
  attempt.number = static_cast<int64_t>(attempts_.size());
  attempt.generation = generation_;
  attempt.parallelism = parallelism;
  attempt.positions = from.positions;
  scheduler_->Trace(absl::StrCat("job: attempt ", attempt.number, " of ",
                                 parallelism, " from checkpoint ", from.id));
  std::vector<SinkSubtask::Epochs> epochs = Redistribute(from, parallelism);
  for (int i = 0; i < parallelism; ++i) {
    auto process = std::make_shared<Process>();
    process->name = absl::StrCat("w", attempt.number, ".", i);
    attempt.processes.push_back(process);
    kafka::EpochSender::Options options{
        .table = "out",
        .brokers = "model",
        .run = process->name,
        .transactional_id = absl::StrCat(options_.prefix, "-", i),
        .output_topic = options_.topic,
        .commits_topic = absl::StrCat("__", options_.prefix, "_commits"),
        .partition = i,
        .partitions = options_.max_parallelism,
        .transaction_timeout = options_.transaction_timeout};
    attempt.subtasks.push_back(std::make_unique<SinkSubtask>(
        SinkSubtask::Parts{.scheduler = scheduler_,
                           .cluster = cluster_,
                           .link = link_,
                           .process = process,
                           .lineage = lineage_,
                           .options = std::move(options),
                           .on_failed =
                               [this, &attempt](const absl::Status& why) {
                                 FailLater(attempt, why);
                               }},
        std::move(epochs[i])));
    scheduler_->Post(process, scheduler_->Jitter(kWordNanos),
                     [subtask = attempt.subtasks.back().get()] {
                       subtask->Start();
                     });
  }
  scheduler_->Post(nullptr, options_.checkpoint_nanos,
                   [this, &attempt] { Trigger(attempt); });
}

void SinkJob::EndAttempt() {
  attempt_->is_over = true;
  for (const ProcessRef& process : attempt_->processes) {
    const int64_t late = scheduler_->Jitter(4) == 0
                             ? scheduler_->Jitter(kLateCancelNanos)
                             : scheduler_->Jitter(kWordNanos);
    scheduler_->Post(process, late, [process] { process->alive = false; });
  }
}

// Errors that may pass begin a new attempt, the others end the job.
void SinkJob::FailLater(Attempt& attempt, const absl::Status& why) {
  scheduler_->Trace(absl::StrCat("job: attempt ", attempt.number,
                                 " fails: ", why.ToString()));
  if (attempt.is_over || &attempt != attempt_ || !failure_.ok()) return;
  if (!absl::IsUnavailable(why) && !absl::IsAborted(why)) {
    failure_ = why;
    EndAttempt();
    return;
  }
  scheduler_->Post(nullptr, scheduler_->Jitter(kNoticeNanos),
                   [this, &attempt] {
                     if (&attempt == attempt_ && !attempt.is_over) {
                       Restart(attempt.parallelism);
                     }
                   });
}

void SinkJob::Kill(int subtask) { OnDead(attempt_->processes[subtask]); }

void SinkJob::KillAll() {
  for (const auto& attempt : attempts_) {
    for (const ProcessRef& process : attempt->processes) {
      process->alive = false;
    }
  }
  FailLater(*attempt_, absl::UnavailableError("every process died"));
}

void SinkJob::OnDead(const ProcessRef& process) {
  process->alive = false;
  for (const auto& attempt : attempts_) {
    if (std::find(attempt->processes.begin(), attempt->processes.end(),
                  process) != attempt->processes.end()) {
      FailLater(*attempt, absl::UnavailableError("a process died"));
    }
  }
}

// A process that stands still for long is given up by others before it knows.
void SinkJob::Pause(int subtask, int64_t nanos) {
  Process& process = *attempt_->processes[subtask];
  process.paused_until_nanos = scheduler_->clock().nanos() + nanos;
  if (nanos < kNoticeNanos) return;
  FailLater(*attempt_, absl::UnavailableError("a process does not answer"));
}

void SinkJob::Trigger(Attempt& attempt) {
  if (attempt.is_over || !failure_.ok() || is_done_) return;
  if (!attempt.checkpoint) {
    attempt.checkpoint = Checkpoint{
        .id = ++last_checkpoint_,
        .positions = attempt.positions,
        .pending = std::vector<SinkSubtask::Epochs>(attempt.parallelism)};
    attempt.acknowledged = 0;
    const int64_t id = last_checkpoint_;
    for (int i = 0; i < attempt.parallelism; ++i) {
      scheduler_->Post(attempt.processes[i], scheduler_->Jitter(kWordNanos),
                       [this, &attempt, i, id] { Barrier(attempt, i, id); });
    }
    scheduler_->Post(nullptr, kCheckpointNanos, [this, &attempt, id] {
      if (attempt.checkpoint && attempt.checkpoint->id == id) {
        FailLater(attempt, absl::UnavailableError("a checkpoint timed out"));
      }
    });
  }
  scheduler_->Post(nullptr, options_.checkpoint_nanos,
                   [this, &attempt] { Trigger(attempt); });
}

void SinkJob::Barrier(Attempt& attempt, int subtask, int64_t checkpoint) {
  SinkSubtask& sink = *attempt.subtasks[subtask];
  if (!sink.MaySeal()) {
    scheduler_->Post(attempt.processes[subtask], kSealRetryNanos,
                     [this, &attempt, subtask, checkpoint] {
                       Barrier(attempt, subtask, checkpoint);
                     });
    return;
  }
  OutputLedger::Positions positions;
  for (auto& [key, position] : attempt.positions) {
    if (key % attempt.parallelism != subtask) continue;
    const int64_t count = input_ended_ ? 0 : scheduler_->Jitter(4);
    for (int64_t i = 0; i < count; ++i) {
      sink.Write(OutputLedger::KeyOf(key),
                 OutputLedger::ValueOf(attempt.generation, ++position));
    }
    positions[key] = position;
  }
  sink.Seal(checkpoint, options_.chunk_records);
  scheduler_->Post(
      nullptr, scheduler_->Jitter(kWordNanos),
      [this, &attempt, subtask, checkpoint, pending = sink.Pending(),
       positions = std::move(positions)] {
        Acknowledge(attempt, subtask, checkpoint, pending, positions);
      });
}

void SinkJob::Acknowledge(Attempt& attempt, int subtask, int64_t checkpoint,
                          const SinkSubtask::Epochs& pending,
                          const OutputLedger::Positions& positions) {
  if (attempt.is_over || !attempt.checkpoint ||
      attempt.checkpoint->id != checkpoint) {
    return;
  }
  attempt.checkpoint->pending[subtask] = pending;
  for (const auto& [key, position] : positions) {
    attempt.checkpoint->positions[key] = position;
  }
  if (++attempt.acknowledged == attempt.parallelism) Complete(attempt);
}

void SinkJob::Complete(Attempt& attempt) {
  // The JobManager dies with its outcome: it did not complete.
  if (Strikes(options_.lost_outcomes)) {
    FailLater(attempt, absl::UnavailableError("the JobManager died"));
    return;
  }
  const Checkpoint done = *std::exchange(attempt.checkpoint, std::nullopt);
  scheduler_->Trace(absl::StrCat("job: checkpoint ", done.id, " completed"));
  ++completed_count_;
  retained_.push_back(done);
  if (retained_.size() > kMostRetained) retained_.erase(retained_.begin());
  is_done_ = input_ended_ && std::all_of(done.pending.begin(),
                                         done.pending.end(),
                                         [](const SinkSubtask::Epochs& epochs) {
                                           return epochs.empty();
                                         });
  if (is_done_) {
    ledger_.End(done.positions);
    EndAttempt();
    return;
  }
  // It completed, and nobody hears of it.
  if (Strikes(options_.lost_outcomes)) {
    FailLater(attempt, absl::UnavailableError("the JobManager died"));
    return;
  }
  for (int i = 0; i < attempt.parallelism; ++i) {
    if (Strikes(options_.lost_words)) continue;
    scheduler_->Post(attempt.processes[i], scheduler_->Jitter(kWordNanos),
                     [sink = attempt.subtasks[i].get(), id = done.id] {
                       sink->Complete(id);
                     });
  }
}

void SinkJob::CalmDown() {
  options_.lost_words = 0;
  options_.lost_outcomes = 0;
}

bool SinkJob::IsDone() const { return is_done_; }

bool SinkJob::Knows(const SinkSubtask::Epochs& epochs,
                    const std::string& transactional_id) {
  for (const auto& epoch : epochs) {
    for (const Committable& committable : epoch.committables) {
      const auto sealed = kafka::SealedEpoch::From(committable);
      if (sealed->transactional_id == transactional_id &&
          !sealed->acknowledged) {
        return false;
      }
    }
  }
  return true;
}

bool SinkJob::KnowsMarkerOf(const std::string& transactional_id) const {
  for (const Checkpoint& checkpoint : retained_) {
    for (const SinkSubtask::Epochs& epochs : checkpoint.pending) {
      if (!Knows(epochs, transactional_id)) return false;
    }
  }
  for (const auto& attempt : attempts_) {
    for (const auto& subtask : attempt->subtasks) {
      if (!Knows(subtask->Pending(), transactional_id)) return false;
    }
  }
  return true;
}

}  // namespace millrace::sim
