#pragma once

#include <string>
#include <variant>
#include <vector>

#include "runtime/plan/job_plan.h"

namespace millrace::sql {

// Names and rows as text, for a person: SHOW, DESCRIBE, EXPLAIN.
struct ResultTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  // One value that is a text of many lines, printed as it is (EXPLAIN).
  bool is_text = false;
};

// What a statement came to: nothing more to do, something to print, or a job
// to run.
struct StatementResult {
  std::variant<std::monostate, ResultTable, JobPlan> value;
  // The job of a bare SELECT: its sink is the terminal.
  bool is_query = false;

  const ResultTable* table() const { return std::get_if<ResultTable>(&value); }
  const JobPlan* job() const { return std::get_if<JobPlan>(&value); }
};

}  // namespace millrace::sql
