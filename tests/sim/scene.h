#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "runtime/connector/connector_registry.h"
#include "tests/sim/cluster.h"
#include "tests/sim/failpoint_dice.h"
#include "tests/sim/machine.h"
#include "tests/sim/oracle.h"
#include "tests/sim/scenario.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/world.h"

namespace millrace::sim {

// What every scenario has, whoever lives in it: time, what keeps things, what
// lies outside, faults that end when enough was seen, and what comes of it all.
class Scene {
 public:
  // Who lives there.
  class Cast {
   public:
    virtual ~Cast() = default;
    // Whether everything has come to its end.
    virtual bool IsOver() = 0;
    // The first thing that may never happen and did.
    virtual absl::Status Mistake() = 0;
    // Between two events: forgets the dead.
    virtual void Reap() = 0;
    // Faults may happen now.
    virtual void Strike() = 0;
    virtual bool HasSeenEnough() = 0;
    // How far they have come, for a person.
    virtual std::string Standing() = 0;
  };

  struct Options {
    int64_t strike_every_nanos = 0;
    // Faults end at the latest then.
    int64_t heal_latest_nanos = 0;
    // How long faults go on where the job may end among them.
    int64_t more_storm_nanos = 0;
    // How long everybody may take to the end afterwards.
    int64_t most_after_healed_nanos = 0;
    // A process dies at a failpoint.
    std::function<void(const ProcessRef&)> kill;
  };

  // All input is cut so that so many checkpoints each have some of it; the last
  // of it appears when enough was seen.
  static constexpr double kPortions = 12;

  Scene(const Scenario& scenario, Options options);
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // Goes from event to event until the cast has come to its end.
  absl::Status Run(Cast& cast);

  // So many checkpoints have completed, of each job.
  void OnProgress(double completed);
  // Of what may happen, how much has.
  int64_t FaultsSoFar() const;
  // Whether the output is what is wanted.
  absl::Status Check(const Result& wanted, const std::string& table);
  // What does not depend on the cast.
  Outcome MakeOutcome(absl::Status status) const;

  const Scenario& scenario() const { return scenario_; }
  const JobInput& input() const { return input_; }
  FaultBook& faults() { return faults_; }
  Scheduler& scheduler() { return scheduler_; }
  Machine& machine() { return machine_; }
  World& world() { return world_; }
  ConnectorRegistry& connectors() { return connectors_; }
  int64_t now_nanos() const { return scheduler_.clock().nanos(); }
  // Faults may still happen, but all was seen that a seed is to show.
  bool may_end() const { return seen_enough_at_nanos_ > 0; }

 private:
  bool HealWhenDue(Cast& cast);

  const Scenario scenario_;
  const Options options_;
  const JobInput input_;
  FaultBook faults_;
  Scheduler scheduler_;
  Machine machine_;
  World world_;
  FailpointDice dice_;
  ConnectorRegistry connectors_;
  bool saw_enough_ = false;
  std::string seen_;
  int64_t strike_at_nanos_ = 0;
  int64_t seen_enough_at_nanos_ = 0;
  int64_t healed_at_nanos_ = 0;
};

}  // namespace millrace::sim
