#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/kafka/broker_link.h"
#include "tests/sim/kafka/kafka_cluster.h"
#include "tests/sim/kafka/sink_job.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// A job against the model of Kafka to which only that happens what a script
// says, when it says so. Times that requests take come from one fixed seed.
//
// The job writes to a topic of one partition, an epoch in one chunk, so that a
// writer's requests are, epoch by epoch: AddPartitionsToTxn and Produce for its
// records, the same for its marker, EndTxn. A new session has InitProducerId,
// AddPartitionsToTxn, Produce, EndTxn for its nonce, and Fetches before that.
class ScriptedRun {
 public:
  explicit ScriptedRun(int parallelism);
  ScriptedRun(const ScriptedRun&) = delete;
  ScriptedRun& operator=(const ScriptedRun&) = delete;

  SinkJob& job() { return job_; }
  KafkaCluster& cluster() { return cluster_; }
  BrokerLink& link() { return link_; }
  int64_t Now() const { return scheduler_.clock().nanos(); }
  KafkaCluster::Topic& commits() { return *cluster_.Find(kCommitsTopic); }
  static constexpr char kCommitsTopic[] = "__p_commits";

  // Goes on until so many more checkpoints have completed.
  void Complete(int64_t checkpoints);
  // Goes on until clients have come `nth` times more to a step, "sent EndTxn"
  // or "answered EndTxn", and does `act` right then, before the client does
  // anything else.
  using Act = std::function<void(const ProcessRef& client)>;
  void At(const std::string& step, int nth, Act act);
  // The same: it dies there.
  void KillAt(const std::string& step, int nth);

  // What is wrong after the job has come to its end undisturbed; also where
  // something of the script did not happen. Empty: nothing.
  std::vector<std::string> Finish();
  // The same of a job that has to stop with an error of that code.
  std::vector<std::string> FinishStopped(const std::string& code);

 private:
  // Events until it holds; notes what it was where it does not come.
  void Until(const std::function<bool()>& holds, const std::string& what);
  void OnStep(const ProcessRef& client, const std::string& step);

  Scheduler scheduler_;
  KafkaCluster cluster_;
  BrokerLink link_;
  SinkJob job_;
  std::string step_;  // That is waited for; empty: none.
  int times_ = 0;
  Act act_;
  std::string missed_;
};

}  // namespace millrace::sim
