#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/btree_map.h"
#include "jobmanager/deployer.h"
#include "jobmanager/job_execution.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/waker.h"
#include "runtime/connector/connector_registry.h"

namespace millrace {

// The loop of one job: feeds events to its JobExecution and carries out the
// actions, discovering splits on the background pool.
//
// RunOnce is for one thread at a time. Cancel is thread-safe.
class JobMaster {
 public:
  struct Environment {
    const ConnectorRegistry* connectors = nullptr;
    const Clock* clock = nullptr;
    // Runs discoveries. Destroyed before the master.
    Executor* background = nullptr;
    Deployer* deployer = nullptr;
    int64_t attempt = 0;
    // Called by the loop whenever the state has changed, and for each batch of
    // splits before it is given out. May be empty.
    std::function<void(JobState, const absl::Status&)> on_state;
    std::function<void(const JobExecution::GiveSplits&)> on_splits;
  };

  // Makes the enumerators and discoveries of every source; errors are the
  // author's.
  static absl::StatusOr<std::unique_ptr<JobMaster>> Open(
      const JobPlan& plan, Environment environment);

  // Carries out what has been posted. Returns when to come again, by
  // Clock::SteadyNanos, INT64_MAX = when woken.
  int64_t RunOnce();
  // RunOnce until the job has ended, asleep in between.
  void RunUntilEnd();

  void Cancel();

  JobState state() const { return execution_.state(); }

 private:
  using Event = JobExecution::Event;
  struct Message {
    int64_t attempt;
    Event event;
  };
  struct DueDiscovery {
    VertexId source;
    int64_t at_nanos;
  };

  JobMaster(const JobPlan& plan, Environment environment,
            absl::btree_map<VertexId, JobExecution::Source> sources,
            absl::btree_map<VertexId, std::unique_ptr<SplitDiscovery>>
                discoveries);

  void Post(Event event) {
    mailbox_.Post({environment_.attempt, std::move(event)});
  }
  void Handle(Event event);
  void Do(JobExecution::Deploy);
  void Do(JobExecution::StopSubtasks);
  void Do(JobExecution::Discover discover);
  void Do(JobExecution::GiveSplits splits);
  int64_t StartDueDiscoveries();

  const JobPlan plan_;
  const Environment environment_;
  JobExecution execution_;
  absl::btree_map<VertexId, std::unique_ptr<SplitDiscovery>> discoveries_;
  std::vector<DueDiscovery> due_;
  Waker waker_;
  Mailbox<Message> mailbox_;
};

}  // namespace millrace
