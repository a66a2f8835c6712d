#include "cli/plan_command.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "cli/environment.h"
#include "cli/exit_status.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_codec.h"
#include "runtime/plan/plan_text.h"
#include "sql/compiler.h"

namespace millrace {
namespace {

// The jobs of a script or the job of a plan.
absl::StatusOr<std::vector<JobPlan>> ReadJobs(const JobArguments& arguments) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  ASSIGN_OR_RETURN(const std::string text, ReadJobFile(arguments.file));
  std::vector<JobPlan> jobs;
  if (IsPlan(text)) {
    ASSIGN_OR_RETURN(JobPlan plan, JobPlanFromJson(text));
    jobs.push_back(std::move(plan));
    return jobs;
  }
  const auto environment = MakeEnvironment();
  sql::SqlSession session({.connectors = &environment->connectors,
                           .functions = &environment->functions},
                          config);
  ASSIGN_OR_RETURN(const auto results, session.Execute(text));
  for (const sql::StatementResult& result : results) {
    if (result.job() != nullptr) jobs.push_back(*result.job());
  }
  return jobs;
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (file) return absl::OkStatus();
  return UserError({.code = "CLI-0002",
                    .what = absl::StrCat("'", path, "' cannot be written"),
                    .where = "the command line",
                    .why = "the folder is missing, full or closed to you",
                    .fix = "Name another file with -o."});
}

absl::Status Compile(const JobArguments& arguments,
                     const std::string& output) {
  ASSIGN_OR_RETURN(const std::vector<JobPlan> jobs, ReadJobs(arguments));
  if (jobs.size() != 1) {
    return UserError({.code = "CLI-0003",
                      .what = absl::StrCat("the script holds ", jobs.size(),
                                           " jobs, and a plan is one"),
                      .where = arguments.file,
                      .why = "",
                      .fix = "Write one INSERT, or put several into EXECUTE "
                             "STATEMENT SET BEGIN ... END."});
  }
  const std::string json = ToJson(jobs[0]);
  if (!output.empty() && output != "-") return WriteFile(output, json + "\n");
  std::printf("%s\n", json.c_str());
  return absl::OkStatus();
}

absl::Status ExplainJobs(const JobArguments& arguments) {
  ASSIGN_OR_RETURN(const std::vector<JobPlan> jobs, ReadJobs(arguments));
  for (size_t i = 0; i < jobs.size(); ++i) {
    std::printf("%s%s", i == 0 ? "" : "\n", PlanText(jobs[i]).c_str());
  }
  return absl::OkStatus();
}

int ExitOf(const absl::Status& status) {
  return status.ok() ? kExitDone : ReportBadInput(status);
}

}  // namespace

int CompileCommand(const JobArguments& arguments, const std::string& output) {
  return ExitOf(Compile(arguments, output));
}

int ExplainCommand(const JobArguments& arguments) {
  return ExitOf(ExplainJobs(arguments));
}

}  // namespace millrace
