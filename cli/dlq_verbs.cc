#include "cli/dlq_verbs.h"

#include <string>

#include "CLI/CLI.hpp"

namespace millrace {
namespace {

CLI::App* AddVerb(CLI::App& dlq, const char* name, const char* what,
                  const char* example, DlqArguments& wanted,
                  JobArguments& arguments) {
  CLI::App* const verb = dlq.add_subcommand(name, what);
  verb->add_option("job", wanted.job,
                   "The job's folder below millrace.data-dir, or the "
                   "beginning of its name");
  verb->add_option("-D", arguments.definitions,
                   "Configuration, key=value; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--config", arguments.config_file,
                   "Configuration file (default: ./millrace.yaml, if there)");
  verb->footer(std::string("Example: millrace dlq ") + example);
  return verb;
}

}  // namespace

const CLI::App* AddDlq(CLI::App& app, DlqArguments& dlq,
                       JobArguments& arguments) {
  CLI::App* const all = app.add_subcommand(
      "dlq", "List, show and replay records that were set aside");
  all->require_subcommand(1);
  AddVerb(*all, "list", "How many there are of each table", "list", dlq,
          arguments);
  CLI::App* const show =
      AddVerb(*all, "show", "Print them, a line of JSON each",
              "show insert-into_o orders", dlq, arguments);
  show->get_option("job")->required();
  show->add_option("table", dlq.table, "Those of this table alone");
  show->add_option("--code", dlq.code, "Those with this error's code alone");
  CLI::App* const replay =
      AddVerb(*all, "replay", "Run a mended script over a table's records",
              "replay insert-into_o orders job.sql", dlq, arguments);
  replay->get_option("job")->required();
  replay->add_option("table", dlq.table, "The table they were set aside from")
      ->required();
  replay->add_option("file", dlq.script, "The script, with one INSERT")
      ->required();
  replay->add_option("--target", dlq.target,
                     "JobManager to ask whether the job of these dead letters "
                     "still runs (default: rest.address)");
  replay->add_flag("--job-ended", dlq.job_ended,
                   "Do not ask: the job has ended and its cluster is gone");
  return all;
}

int RunDlq(const CLI::App& verb, const DlqArguments& dlq,
           const JobArguments& arguments) {
  const std::string name = verb.get_subcommands().front()->get_name();
  if (name == "list") return DlqListCommand(dlq, arguments);
  if (name == "show") return DlqShowCommand(dlq, arguments);
  return DlqReplayCommand(dlq, arguments);
}

}  // namespace millrace
