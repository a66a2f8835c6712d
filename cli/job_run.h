#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/config_file.h"
#include "cli/environment.h"
#include "embedded/embedded_job.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// One embedded job from its start to what is printed at its end.
class JobRun {
 public:
  // `environment` must outlive the run. Errors are the author's.
  static absl::StatusOr<std::unique_ptr<JobRun>> Start(
      const JobPlan& plan, const ConfigMap& config, Environment& environment);

  // Waits for the end, drawing progress where standard error is a terminal,
  // and cancelling when somebody interrupts. Prints what sinks have to say,
  // and the first failure. Returns the status to exit with.
  int Finish();

 private:
  JobRun(std::string name, std::unique_ptr<EmbeddedJob> job)
      : name_(std::move(name)), job_(std::move(job)) {}

  const std::string name_;
  const std::unique_ptr<EmbeddedJob> job_;
};

}  // namespace millrace
