// The program `millrace`: its verbs and their arguments.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/exit_status.h"
#include "cli/plan_command.h"
#include "cli/run_command.h"
#include "cli/savepoint_command.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/nearest_name.h"

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
  savepoint->add_option("--to", wanted.target, "Where the folder is made")
      ->required();
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

int Main(int argc, char** argv) {
  CLI::App app{"Millrace runs Flink SQL as one native program."};
  app.require_subcommand(1);
  app.set_version_flag("--version", kVersion);

  JobArguments arguments;
  std::string output;
  SavepointArguments wanted;
  StopArguments stopped;
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
  if (run->parsed()) return RunCommand(arguments);
  if (compile->parsed()) return CompileCommand(arguments, output);
  if (savepoint->parsed()) return SavepointCommand(wanted, arguments);
  if (stop->parsed()) return StopCommand(stopped, arguments);
  if (explain->parsed()) return ExplainCommand(arguments);
  std::printf("millrace %s\n", kVersion);
  return kExitDone;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) { return millrace::Main(argc, argv); }
