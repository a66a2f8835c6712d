#include "runtime/connector/reader_restarts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

// A reader that says so often in a row that it has nothing is done for.
constexpr int kMostFruitlessPolls = 1000;

}  // namespace

absl::StatusOr<std::vector<std::string>> ReaderRestarts::Rows() const {
  int batches = 0;
  return Read([](int) { return false; }, &batches);
}

std::string ReaderRestarts::Difference() const {
  int batches = 0;
  const auto straight = Read([](int) { return false; }, &batches);
  if (!straight.ok()) return straight.status().ToString();
  for (int nth = 0; nth <= batches; ++nth) {
    int ignored = 0;
    // 0: after every one.
    const auto rows = Read(
        [&](int batch) { return nth == 0 || batch == nth; }, &ignored);
    const std::string way =
        nth == 0 ? "restarted after every batch"
                 : absl::StrCat("restarted after batch ", nth);
    if (!rows.ok()) return absl::StrCat(way, ": ", rows.status().ToString());
    if (*rows == *straight) continue;
    std::vector<std::string> lost;
    std::vector<std::string> more;
    std::set_difference(straight->begin(), straight->end(), rows->begin(),
                        rows->end(), std::back_inserter(lost));
    std::set_difference(rows->begin(), rows->end(), straight->begin(),
                        straight->end(), std::back_inserter(more));
    return absl::StrCat(way, ": lost [", absl::StrJoin(lost, "; "),
                        "], too many [", absl::StrJoin(more, "; "), "]");
  }
  return "";
}

absl::StatusOr<std::vector<std::string>> ReaderRestarts::Read(
    const std::function<bool(int batches)>& restart_after,
    int* batches) const {
  std::vector<std::string> rows;
  ASSIGN_OR_RETURN(auto reader, Open(options_.splits));
  int fruitless = 0;
  while (!reader->Snapshot().empty()) {
    ASSIGN_OR_RETURN(const Poll poll, reader->Next(options_.max_rows));
    fruitless = poll.state == Poll::State::kNothing ? fruitless + 1 : 0;
    if (fruitless > kMostFruitlessPolls) {
      return absl::InternalError("the reader does not come to an end");
    }
    for (const RejectedRecord& rejected : poll.rejected) {
      rows.push_back(absl::StrCat("rejected: ", rejected.origin.text));
    }
    if (poll.batch.row_count == 0 && poll.rejected.empty()) continue;
    AppendRows(poll.batch, rows);
    if (!restart_after(++*batches)) continue;
    std::vector<Split> open = reader->Snapshot();
    std::reverse(open.begin(), open.end());
    ASSIGN_OR_RETURN(reader, Open(open));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

absl::StatusOr<std::unique_ptr<SplitReader>> ReaderRestarts::Open(
    const std::vector<Split>& splits) const {
  ASSIGN_OR_RETURN(auto reader, options_.make());
  for (const Split& split : splits) {
    RETURN_IF_ERROR(reader->AddSplit(split));
  }
  return reader;
}

void ReaderRestarts::AppendRows(const Batch& batch,
                                std::vector<std::string>& rows) const {
  batch.selection().ForEach([&](uint32_t row) {
    std::vector<std::string> values;
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      values.push_back(
          ValueText(ValueAt(*batch.columns[i], row), options_.types[i]));
    }
    rows.push_back(absl::StrJoin(values, ", "));
  });
}

}  // namespace millrace
