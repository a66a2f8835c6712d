#include "cli/replay_plan.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/environment.h"
#include "cli/script.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {
namespace {

absl::Status CannotReplay(const ReplayRequest& request, std::string why) {
  return UserError({.code = "CLI-0042",
                    .what = absl::StrCat("the dead letters of table '",
                                         request.table,
                                         "' cannot be replayed so"),
                    .where = "the script",
                    .why = std::move(why),
                    .fix = "Write a script with one INSERT that reads this "
                           "table alone, with the columns of its records."});
}

// The format and its options, which a kafka table may prefix.
TableOptions FileOptions(const TableOptions& options,
                         const ReplayRequest& request) {
  TableOptions result = {{"connector", "filesystem"},
                         {"path", request.records}};
  std::string format;
  for (const char* key : {"format", "value.format"}) {
    const auto found = options.find(key);
    if (found != options.end()) format = found->second;
  }
  result["format"] = format;
  for (const auto& [key, value] : options) {
    const bool prefixed = absl::StartsWith(key, "value.");
    const std::string own = prefixed ? key.substr(6) : key;
    if (absl::StartsWith(own, format + ".") ||
        absl::StartsWith(own, "error-handling.") ||
        absl::StartsWith(own, "scan.watermark.")) {
      result[own] = value;
    }
  }
  return result;
}

}  // namespace

absl::Status ReadRecordsInstead(const ReplayRequest& request, JobPlan& plan) {
  bool found = false;
  for (Vertex& vertex : plan.vertices) {
    auto* const source = std::get_if<SourceSpec>(&vertex.spec);
    if (source == nullptr) continue;
    if (source->table.name != request.table) {
      return CannotReplay(request, absl::StrCat("its job reads table '",
                                                source->table.name, "' too"));
    }
    for (const SourceRequest::Column& column : source->request.columns) {
      const TableColumn& declared = source->table.columns[column.path[0]];
      if (declared.metadata_key) {
        return CannotReplay(
            request, absl::StrCat("column '", declared.name,
                                  "' is not in the records' bytes"));
      }
    }
    source->table.options = FileOptions(source->table.options, request);
    vertex.parallelism = 1;
    found = true;
  }
  if (!found) return CannotReplay(request, "its job does not read that table");
  plan.name = request.name;
  plan.config["pipeline.name"] = request.name;
  return absl::OkStatus();
}

absl::StatusOr<std::string> PlanReplay(const JobArguments& arguments,
                                       const ReplayRequest& request) {
  ASSIGN_OR_RETURN(const ConfigMap config, LoadConfig(arguments));
  ASSIGN_OR_RETURN(const std::string text, ReadJobFile(arguments.file));
  const auto environment = MakeEnvironment();
  ASSIGN_OR_RETURN(const auto results,
                   CompileScript(text, config, *environment));
  const JobPlan* job = nullptr;
  for (const sql::StatementResult& result : results) {
    if (result.job() == nullptr) continue;
    if (job != nullptr) return CannotReplay(request, "it has several jobs");
    job = result.job();
  }
  if (job == nullptr) return CannotReplay(request, "it has no job");
  JobPlan plan = *job;
  RETURN_IF_ERROR(ReadRecordsInstead(request, plan));
  return ToJson(plan);
}

}  // namespace millrace
