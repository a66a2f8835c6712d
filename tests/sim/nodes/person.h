#pragma once

#include <string>

#include "runtime/plan/job_plan.h"
#include "tests/sim/nodes/fleet.h"
#include "tests/sim/nodes/site.h"

namespace millrace::sim {

// Whoever wants the job run: submits it until a leader shows it, and asks for
// savepoints and checkpoints now and then. Lives outside of the cluster.
class Person {
 public:
  // Both outlive it, and it the events that it has posted.
  Person(const Site* site, Fleet* fleet, std::string job_id, JobPlan plan)
      : site_(*site),
        fleet_(*fleet),
        job_id_(std::move(job_id)),
        plan_(std::move(plan)) {}
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  void Start() { LookLater(); }

 private:
  void LookLater();
  void Look();

  const Site& site_;
  Fleet& fleet_;
  const std::string job_id_;
  const JobPlan plan_;
  bool submitted_ = false;  // An answer said so.
};

}  // namespace millrace::sim
