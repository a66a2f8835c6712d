#include "tests/sim/jobs.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "runtime/base/rng.h"
#include "runtime/base/status_macros.h"
#include "sql/compiler.h"

namespace millrace::sim {
namespace {

constexpr int64_t kRowStepMs = 100;
constexpr int64_t kWindowMs = 2000;
constexpr int64_t kSlideMs = 1000;

Rows Passed(const std::vector<SourceRow>& rows) {
  Rows out;
  for (const SourceRow& row : rows) {
    if (row.v % 3 != 0) ++out[{row.id, row.k, row.v}];
  }
  return out;
}

struct Totals {
  int64_t count = 0;
  int64_t sum = 0;
  int64_t most = INT64_MIN;
  std::set<int64_t> distinct;

  void Add(int64_t v) {
    ++count;
    sum += v;
    most = std::max(most, v);
    distinct.insert(v % 10);
  }
};

Rows Grouped(const std::vector<SourceRow>& rows) {
  std::map<int64_t, Totals> groups;
  for (const SourceRow& row : rows) groups[row.k].Add(row.v);
  Rows out;
  for (const auto& [k, t] : groups) out[{k, t.count, t.sum, t.most}] = 1;
  return out;
}

Rows Distinct(const std::vector<SourceRow>& rows) {
  std::map<int64_t, Totals> groups;
  for (const SourceRow& row : rows) groups[row.k].Add(row.v);
  Rows out;
  for (const auto& [k, t] : groups) {
    out[{k, static_cast<int64_t>(t.distinct.size()), t.count}] = 1;
  }
  return out;
}

// How many keys have each sum modulo 5: its input takes rows back.
Rows Twice(const std::vector<SourceRow>& rows) {
  std::map<int64_t, Totals> groups;
  for (const SourceRow& row : rows) groups[row.k].Add(row.v);
  std::map<int64_t, Totals> outer;
  for (const auto& [k, t] : groups) outer[t.sum % 5].Add(t.count);
  Rows out;
  for (const auto& [k, t] : outer) out[{k, t.count, t.sum}] = 1;
  return out;
}

Rows Windowed(const std::vector<SourceRow>& rows, int64_t slide_ms) {
  std::map<std::pair<int64_t, int64_t>, Totals> windows;
  for (const SourceRow& row : rows) {
    const int64_t last = row.ts_ms - row.ts_ms % slide_ms;
    for (int64_t start = last; start > row.ts_ms - kWindowMs;
         start -= slide_ms) {
      windows[{start, row.k}].Add(row.v);
    }
  }
  Rows out;
  for (const auto& [key, t] : windows) {
    ++out[{key.first, key.second, t.count, t.sum}];
  }
  return out;
}

Rows Tumbled(const std::vector<SourceRow>& rows) {
  return Windowed(rows, kWindowMs);
}
// Those that divide by zero are set aside.
Rows Hopped(const std::vector<SourceRow>& rows) {
  Rows out = Windowed(rows, kSlideMs);
  std::erase_if(out, [](const auto& row) { return row.first.back() % 5 == 0; });
  return out;
}

}  // namespace

SourceRow SourceRow::At(int split, int64_t sequence, int keys) {
  Rng rng(static_cast<uint64_t>(split) * 1'000'003 + sequence + 17);
  return {.id = split * 1'000'000 + sequence,
          // Keys of their own for each number of them, for other key groups.
          .k = static_cast<int64_t>(rng.Below(keys)) * 37 + keys * 1009,
          .v = static_cast<int64_t>(rng.Below(1000)),
          // Out of order by less than the watermark waits: none is late.
          .ts_ms = 1'700'000'000'000 + sequence * kRowStepMs +
                   static_cast<int64_t>(rng.Below(500))};
}

const std::vector<Job>& Jobs() {
  static const auto* jobs = new std::vector<Job>{
      {"pass", "id BIGINT, k BIGINT, v BIGINT",
       "SELECT id, k, v FROM src WHERE MOD(v, 3) <> 0", 0, &Passed},
      {"group", "k BIGINT, n BIGINT, s BIGINT, m BIGINT",
       "SELECT k, COUNT(*), SUM(v), MAX(v) FROM src GROUP BY k", 1, &Grouped},
      {"distinct", "k BIGINT, d BIGINT, n BIGINT",
       "SELECT k, COUNT(DISTINCT MOD(v, 10)), COUNT(*) FROM src GROUP BY k", 1,
       &Distinct},
      {"twice", "m BIGINT, n BIGINT, s BIGINT",
       "SELECT m, COUNT(*), SUM(n) FROM (SELECT k, MOD(SUM(v), 5) AS m, "
       "COUNT(*) AS n FROM src GROUP BY k) GROUP BY m",
       1, &Twice},
      {"tumble", "w TIMESTAMP(3), k BIGINT, n BIGINT, s BIGINT",
       "SELECT window_start, k, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE src, "
       "DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY window_start, "
       "window_end, k",
       0, &Tumbled, true},
      {"hop", "w TIMESTAMP(3), k BIGINT, n BIGINT, s BIGINT",
       "SELECT window_start, k, COUNT(*), SUM(v) FROM TABLE(HOP(TABLE src, "
       "DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '2' SECOND)) GROUP BY "
       "window_start, window_end, k HAVING 1 / MOD(SUM(v), 5) < 2",
       0, &Hopped, true,
       "SET 'error-handling.expression.mode' = 'quarantine';\n"}};
  return *jobs;
}

Positions NoneOf(const JobInput& input) { return Positions(input.splits, 0); }

Positions AllOf(const JobInput& input) {
  return Positions(input.splits, input.rows);
}

std::vector<SourceRow> RowsOf(const JobInput& input, const Positions& to) {
  std::vector<SourceRow> rows;
  for (int split = 0; split < input.splits; ++split) {
    for (int64_t i = 0; i < to[split]; ++i) {
      rows.push_back(SourceRow::At(split, i, input.keys));
    }
  }
  return rows;
}

absl::StatusOr<JobPlan> PlanOf(const Job& job, const JobInput& input,
                               const std::string& sink_options,
                               const TableOptions& config,
                               const ConnectorRegistry& connectors,
                               const FunctionRegistry& functions) {
  sql::SqlSession session(
      {.connectors = &connectors, .functions = &functions});
  std::string set = job.settings;
  for (const auto& [key, value] : config) {
    absl::StrAppend(&set, "SET '", key, "' = '", value, "';\n");
  }
  ASSIGN_OR_RETURN(
      const auto results,
      session.Execute(absl::StrCat(
          set, "CREATE TABLE src (id BIGINT NOT NULL, k BIGINT NOT NULL, ",
          "v BIGINT NOT NULL, ts TIMESTAMP(3) NOT NULL, WATERMARK FOR ts AS ",
          "ts - INTERVAL '1' SECOND) WITH ('connector'='sim', 'splits'='",
          input.splits, "', 'rows'='", input.rows, "', 'keys'='", input.keys,
          "');\nCREATE TABLE dst (", job.columns, ") WITH (", sink_options,
          ");\nINSERT INTO dst ", job.query, ";")));
  for (const sql::StatementResult& result : results) {
    if (const JobPlan* plan = result.job()) return *plan;
  }
  return absl::InternalError("the text holds no job");
}

}  // namespace millrace::sim
