#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/connector/options.h"
#include "runtime/expr/function_registry.h"
#include "runtime/plan/job_plan.h"

namespace millrace::sim {

// What row `sequence` of split `split` of the simulated source is.
struct SourceRow {
  int64_t id;  // Unique; rises within a split.
  int64_t k;
  int64_t v;
  int64_t ts_ms;

  static SourceRow At(int split, int64_t sequence, int keys);
};

// The rows of a table or of an output, as a multiset.
using Row = std::vector<int64_t>;
using Rows = std::map<Row, int64_t>;

// A job of the simulation, and what it must come to, worked out here from its
// meaning and without any of the program's operators.
struct Job {
  std::string name;
  std::string columns;  // Of the sink; all BIGINT or TIMESTAMP(3).
  std::string query;
  // How many leading columns are the key of the output's changes; 0: there are
  // none but +I.
  int key_columns;
  Rows (*expect)(const std::vector<SourceRow>& rows);
  // Its rows are of windows: they come when no row before their end is missing.
  bool is_windowed = false;
  std::string settings = "";  // SET statements, before everything else.
};

const std::vector<Job>& Jobs();

// The input of a job: `splits` of `rows` each.
struct JobInput {
  int splits = 1;
  int rows = 100;
  int keys = 10;

  friend auto operator<=>(const JobInput&, const JobInput&) = default;
};
// The first so many rows of each split.
using Positions = std::vector<int64_t>;
Positions NoneOf(const JobInput& input);
Positions AllOf(const JobInput& input);
std::vector<SourceRow> RowsOf(const JobInput& input, const Positions& to);

// The plan from its text. `sink_options` follow the sink's columns:
// "'connector'='sim'"; `config` is what the text would SET.
absl::StatusOr<JobPlan> PlanOf(const Job& job, const JobInput& input,
                               const std::string& sink_options,
                               const TableOptions& config,
                               const ConnectorRegistry& connectors,
                               const FunctionRegistry& functions);

}  // namespace millrace::sim
