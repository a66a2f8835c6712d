#include "cli/script.h"

#include <cstdio>
#include <utility>

#include "cli/session.h"
#include "cli/tableau.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/plan_codec.h"

namespace millrace {

void PrintResult(const sql::ResultTable& table) {
  if (table.is_text) {
    for (const auto& row : table.rows) std::printf("%s\n", row[0].c_str());
    return;
  }
  const Tableau tableau(table.columns, table.rows);
  const std::string rule = tableau.Rule();
  std::fputs((rule + tableau.Header() + rule).c_str(), stdout);
  for (const auto& row : table.rows) {
    std::fputs(tableau.Row(row).c_str(), stdout);
  }
  std::printf("%s%zu %s in set\n", rule.c_str(), table.rows.size(),
              table.rows.size() == 1 ? "row" : "rows");
}

absl::StatusOr<std::vector<sql::StatementResult>> CompileScript(
    const std::string& text, const ConfigMap& config,
    const Environment& environment) {
  if (IsPlan(text)) {
    ASSIGN_OR_RETURN(JobPlan plan, JobPlanFromJson(text));
    std::vector<sql::StatementResult> results(1);
    results[0].value = std::move(plan);
    return results;
  }
  sql::SqlSession session({.connectors = &environment.connectors,
                           .functions = &environment.functions},
                          config);
  ASSIGN_OR_RETURN(auto results, session.Execute(text));
  // Most likely the wrong file: said, and not taken for a success.
  if (results.empty()) {
    return UserError({.code = "CLI-0004",
                      .what = "the script holds no statement",
                      .where = {},
                      .why = {},
                      .fix = "Write at least one, ended by `;`."});
  }
  return results;
}

}  // namespace millrace
