#include "cli/replay_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/environment.h"
#include "cli/script.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status CannotReplay(const std::string& table, std::string why) {
  return UserError({.code = "CLI-0042",
                    .what = absl::StrCat("the dead letters of table '", table,
                                         "' cannot be replayed so"),
                    .where = "the script",
                    .why = std::move(why),
                    .fix = "Write a script with one INSERT that reads this "
                           "table alone, with the columns of its records."});
}

std::string OptionOf(const TableDescriptor& table, const char* key) {
  const auto found = table.options.find(key);
  return found == table.options.end() ? "" : found->second;
}

// Messages are read by their own connector, with keys and metadata.
absl::Status ReadMessages(const ReplayRequest& request,
                          TableDescriptor& table) {
  const std::string connector = OptionOf(table, "connector");
  if (connector != "kafka" && connector != "upsert-kafka") {
    return CannotReplay(request.table,
                        absl::StrCat("its letters are records of a topic, and "
                                     "its connector is '",
                                     connector, "'"));
  }
  table.options["scan.dead-letters"] = request.records;
  return absl::OkStatus();
}

absl::Status ReadFiles(const ReplayRequest& request, const SourceSpec& source,
                       TableDescriptor& table) {
  const std::string connector = OptionOf(table, "connector");
  if (connector != "filesystem") {
    return CannotReplay(request.table,
                        absl::StrCat("its letters are records of files, and "
                                     "its connector is '",
                                     connector, "'"));
  }
  for (const SourceRequest::Column& column : source.request.columns) {
    const TableColumn& declared = table.columns[column.path[0]];
    if (!declared.metadata_key) continue;
    return CannotReplay(request.table,
                        absl::StrCat("column '", declared.name,
                                     "' is not in the records' bytes"));
  }
  table.options["path"] = request.records;
  // The folder is read once.
  table.options.erase("source.monitor-interval");
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadRecordsInstead(const ReplayRequest& request, JobPlan& plan) {
  for (Vertex& vertex : plan.vertices) {
    auto* const source = std::get_if<SourceSpec>(&vertex.spec);
    if (source == nullptr) continue;
    RETURN_IF_ERROR(request.kind == RecordKind::kMessages
                        ? ReadMessages(request, source->table)
                        : ReadFiles(request, *source, source->table));
    vertex.parallelism = 1;
  }
  plan.name = request.name;
  plan.config["pipeline.name"] = request.name;
  // One that was cancelled or failed is gone on with, and only one that came to
  // its end is not run again.
  plan.config["execution.checkpointing.externalized-checkpoint-retention"] =
      "RETAIN_ON_CANCELLATION";
  return absl::OkStatus();
}

absl::StatusOr<JobPlan> PlanReplay(const JobArguments& arguments,
                                   const std::string& table) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  ASSIGN_OR_RETURN(const std::string text, ReadJobFile(arguments.file));
  const auto environment = MakeEnvironment();
  ASSIGN_OR_RETURN(const auto results,
                   CompileScript(text, config, *environment));
  const JobPlan* job = nullptr;
  for (const sql::StatementResult& result : results) {
    if (result.job() == nullptr) continue;
    if (job != nullptr) return CannotReplay(table, "it has several jobs");
    job = result.job();
  }
  if (job == nullptr) return CannotReplay(table, "it has no job");
  bool found = false;
  for (const Vertex& vertex : job->vertices) {
    const auto* const source = std::get_if<SourceSpec>(&vertex.spec);
    if (source == nullptr) continue;
    if (source->table.name != table) {
      return CannotReplay(table, absl::StrCat("its job reads table '",
                                              source->table.name, "' too"));
    }
    found = true;
  }
  if (!found) return CannotReplay(table, "its job does not read that table");
  return *job;
}

}  // namespace millrace
