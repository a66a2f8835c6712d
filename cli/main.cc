// The program `millrace`: its verbs and their arguments.

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/cluster_run.h"
#include "cli/cluster_target.h"
#include "cli/cluster_verbs.h"
#include "cli/dlq_verbs.h"
#include "cli/exit_status.h"
#include "cli/jobmanager_command.h"
#include "cli/plan_command.h"
#include "cli/run_command.h"
#include "cli/savepoint_command.h"
#include "cli/taskmanager_command.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/nearest_name.h"
#include "runtime/rpc/grpc_network.h"

namespace millrace {
namespace {

constexpr char kVersion[] = MILLRACE_VERSION;

// A first word that is no verb, said by its name; false: there is none.
bool ReportUnknownVerb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (verb->get_name() == argv[1]) return false;
    verbs.push_back(verb->get_name());
  }
  const std::string nearest = NearestName(argv[1], verbs);
  ReportBadInput(UserError(
      {.code = "CLI-0005",
       .what = absl::StrCat("there is no verb '", argv[1], "'"),
       .where = "the command line",
       .why = {},
       .fix = absl::StrCat(
           nearest.empty() ? "" : absl::StrCat("Did you mean '", nearest,
                                               "'? "),
           "There are: ", absl::StrJoin(verbs, ", "))}));
  return true;
}

void AddConfigArguments(CLI::App& verb, JobArguments& arguments) {
  verb.add_option("-D", arguments.definitions,
                  "Configuration, key=value; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--config", arguments.config_file,
                  "Configuration file (default: ./millrace.yaml, if there)");
}

void AddJobArguments(CLI::App& verb, JobArguments& arguments) {
  verb.add_option("file", arguments.file,
                  "SQL script, or a plan written by `millrace compile`; - is "
                  "standard input")
      ->required();
  verb.add_option("-p,--parallelism", arguments.parallelism,
                  "Subtasks of every operator (parallelism.default)")
      ->check(CLI::Range(1, 32768));
  AddConfigArguments(verb, arguments);
}

// A test wants this process to die or fail at a named point; whether it did
// not make itself clear.
bool ReportBadFailpoints() {
  const char* const failpoints = std::getenv("MILLRACE_FAILPOINTS");
  const char* const counts = std::getenv("MILLRACE_FAILPOINT_COUNTS");
  if (failpoints == nullptr && counts == nullptr) return false;
  const absl::Status armed =
      ArmFailpoints(failpoints == nullptr ? "" : failpoints,
                    counts == nullptr ? "" : counts);
  if (armed.ok()) return false;
  std::fprintf(stderr, "error: MILLRACE_FAILPOINTS: %s\n",
               std::string(armed.message()).c_str());
  return true;
}

using SavepointKind = ClusterClient::SavepointKind;

// What the verbs take that go to a cluster.
struct ClusterArguments {
  std::string target;
  ClusterRunOptions run = {.version = kVersion};
  ListOptions list;
  std::string cancelled;  // The job to cancel.
  SavepointOptions savepoint;
  SavepointOptions stop;
};

// Adds verbs that only a cluster knows, and to those that both know what they
// take for it.
void AddClusterVerbs(CLI::App& app, JobArguments& arguments,
                     ClusterArguments& cluster) {
  CLI::App* const run = app.get_subcommand("run");
  run->add_flag("-d,--detached", cluster.run.detached,
                "Of a cluster: end when the jobs are submitted");
  run->add_flag("--sae,--shutdownOnAttachedExit", cluster.run.cancel_at_exit,
                "Of a cluster: Ctrl-C cancels the jobs");
  run->add_option("--job-id", cluster.run.job_id,
                  "Of a cluster: the job's id, 32 hex digits; of one that has "
                  "ended and left checkpoints, it goes on from the latest");
  CLI::App* const list =
      app.add_subcommand("list", "List the jobs of a cluster");
  list->add_flag("-r,--running", cluster.list.running, "Those that run");
  list->add_flag("-s,--scheduled", cluster.list.scheduled,
                 "Those that wait to be run");
  list->add_flag("-a,--all", cluster.list.all, "Those that ended too");
  list->footer("Example: millrace list --target http://localhost:8081");
  CLI::App* const cancel =
      app.add_subcommand("cancel", "Cancel a job of a cluster");
  cancel->add_option("job", cluster.cancelled,
                     "The job's id, the beginning of it, or its name")
      ->required();
  cancel->footer(
      "Example: millrace cancel 5d3c --target http://localhost:8081");
  for (CLI::App* const verb : {list, cancel}) {
    AddConfigArguments(*verb, arguments);
  }
  for (CLI::App* const verb :
       {run, list, cancel, app.get_subcommand("stop"),
        app.get_subcommand("savepoint")}) {
    verb->add_option("--target", cluster.target,
                     "The REST address of a cluster's JobManager: "
                     "http://HOST:8081 (default: rest.address)");
  }
}

// The verb at the cluster that is named; nullopt: it is none for a cluster, or
// none is named and it is about this machine.
std::optional<int> RunAtCluster(const CLI::App& app,
                                const JobArguments& arguments,
                                const ClusterArguments& cluster) {
  const std::string verb = app.get_subcommands().front()->get_name();
  if (verb == "list") {
    return ListCommand(cluster.list, cluster.target, arguments);
  }
  if (verb == "cancel") {
    return CancelCommand(cluster.cancelled, cluster.target, arguments);
  }
  if (verb != "run" && verb != "stop" && verb != "savepoint") {
    return std::nullopt;
  }
  const auto target = FindTarget(cluster.target, arguments);
  if (!target.ok()) return ReportBadInput(target.status());
  if (target->has_value()) {
    if (verb == "run") {
      return ClusterRunCommand(cluster.run, **target, arguments);
    }
    return ClusterSavepointCommand(
        verb == "stop" ? cluster.stop : cluster.savepoint, **target,
        arguments);
  }
  if (verb == "run" && !cluster.run.job_id.empty()) {
    return ReportBadInput(JobIdDoesNotFit("there is no cluster, and a run on "
                                          "this machine is found by its name",
                                          "Name a cluster with --target."));
  }
  if (verb != "savepoint" || !cluster.savepoint.directory.empty()) {
    return std::nullopt;
  }
  return ReportBadInput(
      UserError({.code = "CLI-0009",
                 .what = "there is no place for the savepoint",
                 .where = "the command line",
                 .why = {},
                 .fix = "Name a folder with --to."}));
}

CLI::App* AddRun(CLI::App& app, JobArguments& arguments) {
  CLI::App* run = app.add_subcommand("run", "Run a job in this process");
  AddJobArguments(*run, arguments);
  run->add_flag("--fresh", arguments.fresh,
                "Start anew, though an earlier run of the job was cut short");
  run->add_option("--from-savepoint", arguments.savepoint,
                  "Begin with the state of a savepoint: its folder");
  run->add_option("--restore", arguments.restore,
                  "fork: the savepoint stays whose it is; claim: it becomes "
                  "this job's, which deletes it in time")
      ->check(CLI::IsMember({"fork", "claim"}))
      ->default_str("fork");
  run->add_flag("-n,--allowNonRestoredState",
                arguments.allow_non_restored_state,
                "Drop state of the savepoint that the job has no place for");
  run->footer("Example: millrace run job.sql -p 2 -D table.dml-sync=true");
  return run;
}

void AddJobName(CLI::App& verb, std::string& job) {
  verb.add_option("job", job,
                  "The job's folder below millrace.data-dir, or the "
                  "beginning of its name")
      ->required();
}

CLI::App* AddSavepoint(CLI::App& app, SavepointArguments& wanted,
                       JobArguments& arguments) {
  CLI::App* savepoint = app.add_subcommand(
      "savepoint", "Write the state of a job into a folder of its own");
  AddJobName(*savepoint, wanted.job);
  savepoint->add_option("--to,directory", wanted.target,
                        "Where the folder is made");
  AddConfigArguments(*savepoint, arguments);
  savepoint->footer("Example: millrace savepoint insert-into_out --to /backup");
  return savepoint;
}

CLI::App* AddStop(CLI::App& app, StopArguments& wanted,
                  JobArguments& arguments) {
  CLI::App* stop = app.add_subcommand(
      "stop", "End a job that runs, with a savepoint to go on from");
  AddJobName(*stop, wanted.job);
  stop->add_option("-p,--savepointPath", wanted.target,
                   "Where the savepoint's folder is made "
                   "(execution.checkpointing.savepoint-dir)");
  stop->add_flag("-d,--drain", wanted.drain,
                 "End all windows first, as at the end of the input; not to "
                 "be gone on from");
  AddConfigArguments(*stop, arguments);
  stop->footer("Example: millrace stop insert-into_out -p /backup");
  return stop;
}

CLI::App* AddTaskManager(CLI::App& app, TaskManagerArguments& arguments) {
  CLI::App* const verb = app.add_subcommand(
      "taskmanager", "Run work for a cluster's JobManager, until told to end");
  verb->add_flag("--insecure", arguments.insecure,
                 "Listen beyond this machine, though nobody is asked who they "
                 "are");
  AddConfigArguments(*verb, arguments.common);
  verb->footer("Example: millrace taskmanager -D "
               "jobmanager.rpc.address=localhost -D "
               "taskmanager.numberOfTaskSlots=2");
  return verb;
}

CLI::App* AddJobManager(CLI::App& app, JobManagerArguments& arguments) {
  CLI::App* const verb = app.add_subcommand(
      "jobmanager", "Lead a cluster, until told to end; its jobs stay");
  verb->add_flag("--insecure", arguments.insecure,
                 "Listen beyond this machine, though nobody is asked who they "
                 "are");
  AddConfigArguments(*verb, arguments.common);
  verb->footer("Example: millrace jobmanager -D rest.port=8081");
  return verb;
}

int Main(int argc, char** argv) {
  GrpcNetwork::PrepareProcess();
  CLI::App app{"Millrace runs Flink SQL as one native program."};
  app.require_subcommand(1);
  app.set_version_flag("--version", kVersion);

  JobArguments arguments;
  std::string output;
  SavepointArguments wanted;
  StopArguments stopped;
  ClusterArguments cluster;
  const CLI::App* run = AddRun(app, arguments);
  CLI::App* compile =
      app.add_subcommand("compile", "Write the plan of a job's script");
  AddJobArguments(*compile, arguments);
  compile->add_option("-o,--output", output, "File to write (default: -)");
  compile->footer("Example: millrace compile job.sql -o job.json");
  CLI::App* explain =
      app.add_subcommand("explain", "Print the plan of a job as a tree");
  AddJobArguments(*explain, arguments);
  explain->footer("Example: millrace explain job.sql");
  const CLI::App* savepoint = AddSavepoint(app, wanted, arguments);
  const CLI::App* stop = AddStop(app, stopped, arguments);
  AddClusterVerbs(app, arguments, cluster);
  TaskManagerArguments task_manager_arguments = {.version = kVersion};
  const CLI::App* task_manager = AddTaskManager(app, task_manager_arguments);
  JobManagerArguments job_manager_arguments = {.version = kVersion};
  const CLI::App* job_manager = AddJobManager(app, job_manager_arguments);
  DlqArguments letters;
  const CLI::App* dlq = AddDlq(app, letters, arguments);
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->footer("Example: millrace version");

  if (ReportBadFailpoints()) return kExitBadInput;
  if (ReportUnknownVerb(app, argc, argv)) return kExitBadInput;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // 0 for --help and --version.
    return app.exit(error) == 0 ? kExitDone : kExitBadInput;
  }
  cluster.savepoint = {.job = wanted.job, .directory = wanted.target};
  cluster.stop = {.job = stopped.job,
                  .directory = stopped.target,
                  .kind = stopped.drain ? SavepointKind::kDrain
                                        : SavepointKind::kStop};
  if (const auto exit = RunAtCluster(app, arguments, cluster)) return *exit;
  if (run->parsed()) return RunCommand(arguments);
  if (compile->parsed()) return CompileCommand(arguments, output);
  if (savepoint->parsed()) return SavepointCommand(wanted, arguments);
  if (stop->parsed()) return StopCommand(stopped, arguments);
  if (explain->parsed()) return ExplainCommand(arguments);
  if (dlq->parsed()) return RunDlq(*dlq, letters, arguments);
  if (job_manager->parsed()) return JobManagerCommand(job_manager_arguments);
  if (task_manager->parsed()) {
    return TaskManagerCommand(task_manager_arguments);
  }
  std::printf("millrace %s\n", kVersion);
  return kExitDone;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) { return millrace::Main(argc, argv); }
