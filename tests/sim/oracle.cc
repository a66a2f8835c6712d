#include "tests/sim/oracle.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

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
  KeyedTable(int key_columns, const Rows& before) : key_columns_(key_columns) {
    for (const auto& [row, times] : before) rows_[KeyOf(row)] = row;
  }

  absl::Status Apply(const World::Change& change) {
    std::optional<Row>& now = rows_[KeyOf(change.row)];
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
  Row KeyOf(const Row& row) const {
    return Row(row.begin(), row.begin() + key_columns_);
  }

  const int key_columns_;
  std::map<Row, std::optional<Row>> rows_;
};

struct Expected {
  Rows before;  // Of a table of changes, what those begin with.
  Rows rows;
  Rows may_be;  // Rows that may be there beside them, each once.
};

Expected ExpectedOf(const Result& wanted) {
  const Job& job = *wanted.job;
  Expected expected = {
      .before = job.expect(RowsOf(wanted.input, wanted.from)),
      .rows = job.expect(RowsOf(wanted.input, wanted.to))};
  if (job.key_columns > 0) return expected;
  for (const auto& [row, times] : expected.before) {
    // A window with no row behind `from` may have fired before, or not.
    if (expected.rows.erase(row) > 0 && job.is_windowed) {
      expected.may_be[row] = 1;
    }
  }
  expected.before.clear();
  return expected;
}

// What remains is what it must be, each row as often as it must.
absl::Status CheckRows(const Expected& wanted, Rows remaining) {
  for (const auto& [row, times] : wanted.may_be) {
    const auto found = remaining.find(row);
    if (found == remaining.end()) continue;
    if (found->second != 1) return Wrong("more than once", row);
    remaining.erase(found);
  }
  const Rows& expected = wanted.rows;
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

absl::Status CheckLines(const Result& wanted,
                        const std::vector<std::string>& lines) {
  const Expected expected = ExpectedOf(wanted);
  Rows rows = expected.before;
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
  return CheckRows(expected, std::move(rows));
}

absl::Status CheckOutput(const Result& wanted,
                         const std::vector<World::Change>& output) {
  const Job& job = *wanted.job;
  const Expected expected = ExpectedOf(wanted);
  if (job.key_columns > 0) {
    KeyedTable table(job.key_columns, expected.before);
    for (const World::Change& change : output) {
      if (absl::Status status = table.Apply(change); !status.ok()) {
        return status;
      }
    }
    return CheckRows(expected, table.remaining());
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
  return CheckRows(expected, std::move(rows));
}

}  // namespace millrace::sim
