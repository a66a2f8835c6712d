#include "cli/job_run.h"

#include <unistd.h>

#include <cstdio>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "runtime/base/config_keys.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/options.h"
#include "runtime/operators/operator_factory.h"

namespace millrace {
namespace {

// How soon an interrupt is seen; an idle job's only cost besides.
constexpr absl::Duration kLookEvery = absl::Milliseconds(250);
constexpr absl::Duration kDrawEvery = absl::Seconds(1);

std::string NewJobId() {
  std::random_device entropy;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&id, absl::Hex(entropy(), absl::kZeroPad8));
  }
  return id;
}

std::string ConfigValue(const ConfigMap& config, const std::string& key) {
  const auto found = config.find(key);
  if (found != config.end()) return found->second;
  const ConfigKey* known = FindConfigKey(key);
  return known == nullptr ? "" : std::string(known->default_value);
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobRun>> JobRun::Start(
    const JobPlan& plan, const ConfigMap& config, Environment& environment) {
  EmbeddedJob::Options options;
  options.connectors = &environment.connectors;
  options.functions = &environment.functions;
  options.clock = &environment.clock;
  options.metrics = &environment.metrics;
  options.job_id = NewJobId();
  options.metric_labels = {{"host", "localhost"}, {"tm_id", "embedded"}};
  options.make_operator =
      [&environment](const Vertex& vertex,
                     const std::vector<std::vector<RowField>>& inputs,
                     const FunctionContext& functions,
                     const OperatorContext& context) {
        return MakeOperator(vertex, inputs, environment.functions, functions,
                            context);
      };
  if (const std::string memory =
          ConfigValue(config, "taskmanager.memory.process.size");
      !memory.empty()) {
    ASSIGN_OR_RETURN(options.memory_bytes, ParseSizeBytes(memory));
  }
  ASSIGN_OR_RETURN(auto job, EmbeddedJob::Start(plan, std::move(options)));
  return std::unique_ptr<JobRun>(new JobRun(plan.name, std::move(job)));
}

JobRun::JobRun(std::string name, std::unique_ptr<EmbeddedJob> job)
    : name_(std::move(name)),
      job_(std::move(job)),
      progress_(name_, isatty(STDERR_FILENO) != 0) {}

bool JobRun::Watch() {
  if (job_->WaitFor(kLookEvery)) return true;
  if (Interrupted() && !cancelled_) {
    cancelled_ = true;
    job_->Cancel();
  }
  since_drawn_ += kLookEvery;
  if (since_drawn_ >= kDrawEvery) {
    since_drawn_ = absl::ZeroDuration();
    progress_.Draw(job_->Status(), absl::Now());
  }
  return false;
}

int JobRun::Finish() {
  const absl::Status outcome = job_->Wait();
  progress_.End(job_->Status());
  std::fflush(stdout);
  for (const std::string& line : job_->FinishLines()) {
    std::printf("%s\n", line.c_str());
  }
  std::fflush(stdout);
  if (outcome.ok()) return kExitDone;
  if (absl::IsCancelled(outcome)) {
    std::fprintf(stderr, "Job %s was cancelled.\n", name_.c_str());
    return kExitCancelled;
  }
  std::fprintf(stderr, "error: job %s failed: %s\n", name_.c_str(),
               std::string(outcome.message()).c_str());
  return kExitJobFailed;
}

}  // namespace millrace
