#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/config_file.h"
#include "cli/environment.h"
#include "sql/compiler.h"

namespace millrace {

// The statements of a script, each with its result table or its job; of a plan,
// its one job. CLI-0004: there is none; other errors are the author's.
absl::StatusOr<std::vector<sql::StatementResult>> CompileScript(
    const std::string& text, const ConfigMap& config,
    const Environment& environment);

// Prints what SHOW, DESCRIBE or EXPLAIN have to say.
void PrintResult(const sql::ResultTable& table);

}  // namespace millrace
