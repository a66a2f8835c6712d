#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/kafka/output_ledger.h"
#include "tests/sim/kafka/sink_subtask.h"

namespace millrace::sim {

// A job that writes numbered records by key into one topic, exactly once: its
// attempts, their checkpoints and restores, in so far as they matter to a sink.
// Checkpoints that have completed survive everything.
//
// The JobManager is the world: what it says may be lost or come late, and what
// it hears from an attempt that is not the present one is dropped.
class SinkJob {
 public:
  struct Options {
    std::string topic;
    std::string prefix;  // Of transactional ids.
    int keys = 6;
    int parallelism = 2;  // Of its first attempt.
    int max_parallelism = 6;
    int64_t checkpoint_nanos = 2'000 * kMs;
    size_t chunk_records = 2;
    absl::Duration transaction_timeout = absl::Seconds(20);
    // In 1,000 each: words to a subtask; completed checkpoints of which nobody
    // is told, and that were to complete and did not.
    int lost_words = 0;
    int lost_outcomes = 0;
  };

  SinkJob(Scheduler* scheduler, KafkaCluster* cluster, BrokerLink* link,
          const Options& options);
  SinkJob(const SinkJob&) = delete;
  SinkJob& operator=(const SinkJob&) = delete;

  // A new attempt of `parallelism` from the last completed checkpoint, after a
  // failover. What runs is told to end, which may take it long.
  void Restart(int parallelism);
  // The same from `back` completed checkpoints before, as somebody asks for it.
  // `lineage`: as another job, which takes the checkpoint over: whoever asks
  // for that made sure that nothing of this one lives. False: there is no such
  // checkpoint.
  bool RestartFrom(int back, int parallelism,
                   std::optional<std::string> lineage);

  // Of a subtask of the present attempt; nothing where it is dead.
  void Kill(int subtask);
  void Pause(int subtask, int64_t nanos);
  // Every process of every attempt.
  void KillAll();
  // The process dies, and is not told of it otherwise; the attempt goes later.
  void OnDead(const ProcessRef& process);

  // No more faults: words and outcomes are not lost any more.
  void CalmDown();
  // Writes nothing more; the next checkpoints carry what is there.
  void EndInput() { input_ended_ = true; }
  // After EndInput: everything written is committed.
  bool IsDone() const;

  // Whether every epoch of that id that waits knows of a marker before it: then
  // the loss of all its markers can be noticed.
  bool KnowsMarkerOf(const std::string& transactional_id) const;

  int parallelism() const { return attempt_->parallelism; }
  const OutputLedger& ledger() const { return ledger_; }
  int64_t completed() const { return completed_count_; }
  int64_t attempts() const { return static_cast<int64_t>(attempts_.size()); }
  // Not OK: the job has failed for good, and stands.
  const absl::Status& failure() const { return failure_; }

 private:
  struct Checkpoint {
    int64_t id = 0;
    OutputLedger::Positions positions;
    std::vector<SinkSubtask::Epochs> pending;  // Of its subtasks.
  };
  struct Attempt {
    int64_t number = 0;
    int generation = 0;
    int parallelism = 1;
    bool is_over = false;
    std::vector<ProcessRef> processes;
    std::vector<std::unique_ptr<SinkSubtask>> subtasks;
    OutputLedger::Positions positions;
    // Under way.
    std::optional<Checkpoint> checkpoint;
    int acknowledged = 0;
  };

  void Begin(const Checkpoint& from, int parallelism);
  std::vector<SinkSubtask::Epochs> Redistribute(const Checkpoint& from,
                                                int parallelism) const;
  void EndAttempt();
  void FailLater(Attempt& attempt, const absl::Status& why);
  void Trigger(Attempt& attempt);
  void Barrier(Attempt& attempt, int subtask, int64_t checkpoint);
  void Acknowledge(Attempt& attempt, int subtask, int64_t checkpoint,
                   const SinkSubtask::Epochs& pending,
                   const OutputLedger::Positions& positions);
  void Complete(Attempt& attempt);
  static bool Knows(const SinkSubtask::Epochs& epochs,
                    const std::string& transactional_id);
  bool Strikes(int in_thousand) {
    return in_thousand > 0 && scheduler_->Jitter(1000) < in_thousand;
  }

  Scheduler* const scheduler_;
  KafkaCluster* const cluster_;
  BrokerLink* const link_;
  Options options_;
  std::string lineage_ = "a0";
  int generation_ = 0;
  OutputLedger ledger_;
  std::vector<Checkpoint> retained_;  // Of this generation, ascending.
  int64_t last_checkpoint_ = 0;
  int64_t completed_count_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  Attempt* attempt_ = nullptr;
  bool input_ended_ = false;
  bool is_done_ = false;
  absl::Status failure_;
};

}  // namespace millrace::sim
