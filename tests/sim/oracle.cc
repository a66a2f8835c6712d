#include "tests/sim/oracle.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace millrace::sim {
namespace {

std::string TextOf(const Row& row) {
  return absl::StrCat("(", absl::StrJoin(row, ", "), ")");
}

absl::Status Wrong(absl::string_view what, const Row& row) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", TextOf(row)));
}

// The row that each key has now, changed step by step.
class KeyedTable {
 public:
  explicit KeyedTable(int key_columns) : key_columns_(key_columns) {}

  absl::Status Apply(const World::Change& change) {
    const Row key(change.row.begin(), change.row.begin() + key_columns_);
    std::optional<Row>& now = rows_[key];
    switch (change.kind) {
      case RowKind::kInsert:
      case RowKind::kUpdateAfter:
        if (now) return Wrong("a second row of a key", change.row);
        now = change.row;
        return absl::OkStatus();
      default:
        if (now != change.row) {
          return Wrong("taken back what is not there", change.row);
        }
        now.reset();
        return absl::OkStatus();
    }
  }

  Rows remaining() const {
    Rows rows;
    for (const auto& [key, row] : rows_) {
      if (row) ++rows[*row];
    }
    return rows;
  }

 private:
  const int key_columns_;
  std::map<Row, std::optional<Row>> rows_;
};

// What remains is what it must be, each row as often as it must.
absl::Status CheckRows(const Job& job, const JobInput& input,
                       const Rows& remaining) {
  const Rows expected = job.expect(RowsOf(input));
  for (const auto& [row, times] : expected) {
    const auto found = remaining.find(row);
    const int64_t there = found == remaining.end() ? 0 : found->second;
    if (there == times) continue;
    // What is there by the same first column tells most.
    std::string instead;
    for (const auto& [other, count] : remaining) {
      if (other[0] != row[0] || other == row) continue;
      if (expected.count(other) == 0) absl::StrAppend(&instead, TextOf(other));
    }
    return Wrong(absl::StrCat(there, " times instead of ", times, ", too many ",
                              instead.empty() ? "none" : instead),
                 row);
  }
  for (const auto& [row, times] : remaining) {
    if (expected.count(row) == 0) return Wrong("too many", row);
  }
  return absl::OkStatus();
}

// "[1,2]", or "2,3" with a time in quotes.
std::optional<Row> ParseRow(absl::string_view text) {
  absl::ConsumePrefix(&text, "[");
  absl::ConsumeSuffix(&text, "]");
  Row row;
  for (absl::string_view field : absl::StrSplit(text, ',')) {
    int64_t number = 0;
    absl::Time time;
    if (absl::SimpleAtoi(field, &number)) {
      row.push_back(number);
      continue;
    }
    absl::ConsumePrefix(&field, "\"");
    absl::ConsumeSuffix(&field, "\"");
    if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", field, &time, nullptr)) {
      return std::nullopt;
    }
    row.push_back(absl::ToUnixMillis(time));
  }
  return row;
}

}  // namespace

absl::Status CheckLines(const Job& job, const JobInput& input,
                        const std::vector<std::string>& lines) {
  Rows rows;
  for (absl::string_view line : lines) {
    const bool taken_back = absl::ConsumePrefix(&line, "-U ") ||
                            absl::ConsumePrefix(&line, "-D ");
    if (!absl::ConsumePrefix(&line, "+I ")) absl::ConsumePrefix(&line, "+U ");
    const std::optional<Row> row = ParseRow(line);
    if (!row) {
      return absl::FailedPreconditionError(absl::StrCat("no row: ", line));
    }
    rows[*row] += taken_back ? -1 : 1;
  }
  std::erase_if(rows, [](const auto& row) { return row.second == 0; });
  return CheckRows(job, input, rows);
}

absl::Status CheckOutput(const Job& job, const JobInput& input,
                         const std::vector<World::Change>& output) {
  if (job.key_columns > 0) {
    KeyedTable table(job.key_columns);
    for (const World::Change& change : output) {
      if (absl::Status status = table.Apply(change); !status.ok()) {
        return status;
      }
    }
    return CheckRows(job, input, table.remaining());
  }
  Rows rows;
  std::map<int64_t, int64_t> last_of_split;
  for (const World::Change& change : output) {
    if (change.kind != RowKind::kInsert) {
      return Wrong("a change of an appending job", change.row);
    }
    ++rows[change.row];
    if (job.name != "pass") continue;
    int64_t& last = last_of_split[change.row[0] / 1'000'000];
    if (change.row[0] < last) {
      return Wrong("out of order, or twice", change.row);
    }
    last = change.row[0];
  }
  return CheckRows(job, input, rows);
}

}  // namespace millrace::sim
