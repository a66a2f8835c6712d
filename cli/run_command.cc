#include "cli/run_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cli/environment.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/job_run.h"
#include "cli/metrics_endpoint.h"
#include "cli/script.h"
#include "runtime/base/process_metrics.h"
#include "runtime/base/status_macros.h"
#include "runtime/worker/restore_check.h"
#include "sql/compiler.h"

namespace millrace {
namespace {

bool IsTrue(const JobPlan& plan, const char* key) {
  const auto found = plan.config.find(key);
  return found != plan.config.end() && found->second == "true";
}

// `seen` counts the script's jobs of each name.
JobOrigin OriginOf(const JobPlan& plan, const std::string& place,
                   std::map<std::string, int>& seen) {
  const auto named = plan.config.find("pipeline.name");
  return {.pipeline_name = named == plan.config.end() ? "" : named->second,
          .script_path = place,
          .job_name = plan.name,
          .ordinal = seen[plan.name]++};
}

// What the script is found by again; of standard input that is its text.
std::string PlaceOf(const JobArguments& arguments, const std::string& text) {
  if (arguments.file == "-") return text;
  return std::filesystem::weakly_canonical(arguments.file).string();
}

// Runs the results in order; the worst status of all jobs.
absl::StatusOr<int> RunAll(const std::vector<sql::StatementResult>& results,
                           const std::string& place,
                           const JobArguments& arguments, Repeat repeat,
                           const ConfigMap& config, Environment& environment) {
  const bool shows = std::any_of(
      results.begin(), results.end(), [](const sql::StatementResult& result) {
        return result.table() != nullptr || result.job() != nullptr;
      });
  if (!shows) {
    std::fprintf(stderr, "The script starts no job: it has no INSERT and no "
                         "SELECT.\n");
  }
  std::vector<std::unique_ptr<JobRun>> running;
  std::map<std::string, int> seen;  // How many jobs of each name.
  int worst = kExitDone;
  // Looks at all of them in turns: one that fails says so while another runs.
  const auto finish_all = [&] {
    while (!running.empty()) {
      std::erase_if(running, [&](const std::unique_ptr<JobRun>& run) {
        if (!run->Watch()) return false;
        worst = std::max(worst, run->Finish());
        return true;
      });
    }
  };
  for (const sql::StatementResult& result : results) {
    if (result.table() != nullptr) PrintResult(*result.table());
    if (result.job() == nullptr) continue;
    const JobPlan& plan = *result.job();
    const JobLaunch launch = {.plan = &plan,
                              .origin = OriginOf(plan, place, seen),
                              .is_query = result.is_query,
                              .repeat = repeat,
                              .fresh = arguments.fresh,
                              .savepoint = arguments.savepoint,
                              .restore = arguments.restore == "claim"
                                             ? RestoreMode::kClaim
                                             : RestoreMode::kFork};
    ASSIGN_OR_RETURN(auto run, JobRun::Start(launch, config, environment));
    if (run != nullptr) running.push_back(std::move(run));
    if (result.is_query || IsTrue(*result.job(), "table.dml-sync")) {
      finish_all();
      if (worst != kExitDone) return worst;
    }
  }
  finish_all();
  return worst;
}

absl::StatusOr<int> Run(const JobArguments& arguments, Repeat repeat) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  ASSIGN_OR_RETURN(const std::string text, ReadJobFile(arguments.file));
  const auto environment = MakeEnvironment();
  ASSIGN_OR_RETURN(auto results, CompileScript(text, config, *environment));
  if (arguments.allow_non_restored_state) {
    for (sql::StatementResult& result : results) {
      if (auto* const plan = std::get_if<JobPlan>(&result.value)) {
        plan->config[kIgnoreUnclaimedState] = "true";
      }
    }
  }
  std::shared_ptr<MetricGroup> usage;
  std::unique_ptr<MetricsEndpoint> endpoint;
  if (const auto port = config.find("metrics.reporter.prom.port");
      port != config.end()) {
    usage = AddProcessMetrics(environment->metrics, "flink_taskmanager",
                              {{"host", "localhost"}, {"tm_id", "embedded"}},
                              &environment->clock, /*memory=*/nullptr);
    ASSIGN_OR_RETURN(endpoint, MetricsEndpoint::Open(port->second,
                                                     environment->metrics));
    std::fprintf(stderr, "metrics: http://127.0.0.1:%d/metrics\n",
                 endpoint->port());
  }
  return RunAll(results, PlaceOf(arguments, text), arguments, repeat,
                config, *environment);
}

int Report(const absl::StatusOr<int>& status) {
  return status.ok() ? *status : ReportBadInput(status.status());
}

}  // namespace

int RunCommand(const JobArguments& arguments) {
  InstallInterruptHandler();
  return Report(Run(arguments, Repeat::kAnew));
}

int RunOnceCommand(const JobArguments& arguments) {
  InstallInterruptHandler();
  return Report(Run(arguments, Repeat::kNever));
}

}  // namespace millrace
