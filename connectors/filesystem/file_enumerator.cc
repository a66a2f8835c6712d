#include "connectors/filesystem/file_enumerator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace millrace {

FileEnumerator::FileEnumerator(const Options& options)
    : options_(options), idle_(options.parallelism, true) {}

SplitEnumerator::Actions FileEnumerator::OnDiscovered(
    std::vector<Split> splits) {
  discovered_ = true;
  for (Split& split : splits) {
    if (seen_.insert(split.id).second) waiting_.push_back(std::move(split));
  }
  Actions actions = Deal();
  actions.discover_after = options_.monitor_interval;
  return actions;
}

SplitEnumerator::Actions FileEnumerator::OnRequest(int subtask) {
  idle_[subtask] = true;
  return Deal();
}

SplitEnumerator::Actions FileEnumerator::OnReturned(
    std::vector<Split> splits) {
  // They were read before what still waits.
  waiting_.insert(waiting_.begin(), std::make_move_iterator(splits.begin()),
                  std::make_move_iterator(splits.end()));
  return Deal();
}

SplitEnumerator::Actions FileEnumerator::Deal() {
  Actions actions;
  for (int subtask = 0; subtask < options_.parallelism; ++subtask) {
    if (waiting_.empty()) break;
    if (!idle_[subtask]) continue;
    idle_[subtask] = false;
    actions.assign.push_back({subtask, std::move(waiting_.front())});
    waiting_.pop_front();
  }
  actions.no_more_splits =
      discovered_ && waiting_.empty() &&
      options_.monitor_interval == absl::InfiniteDuration();
  // Ranges of one file follow one another, but one file may be as old as
  // another.
  actions.hold_watermark = std::any_of(
      waiting_.begin(), waiting_.end(),
      [](const Split& split) { return absl::EndsWith(split.id, "@0"); });
  return actions;
}

std::string FileEnumerator::Snapshot() const {
  std::string snapshot = "1\n";
  for (const std::string& id : seen_) absl::StrAppend(&snapshot, "s", id, "\n");
  for (const Split& split : waiting_) {
    absl::StrAppend(&snapshot, "p", split.id, "\t", split.position, "\n");
  }
  return snapshot;
}

absl::Status FileEnumerator::Restore(absl::string_view snapshot) {
  if (!absl::ConsumePrefix(&snapshot, "1\n")) {
    return absl::DataLossError("not a file source's snapshot of version 1");
  }
  for (absl::string_view line : absl::StrSplit(snapshot, '\n')) {
    if (absl::ConsumePrefix(&line, "s")) {
      seen_.emplace(line);
    } else if (absl::ConsumePrefix(&line, "p")) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line, absl::MaxSplits('\t', 1));
      waiting_.push_back({parts.first, parts.second});
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
