#include "connectors/filesystem/file_enumerator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "connectors/filesystem/nul_field.h"

namespace millrace {

namespace {

// What an id names before its '@': see FileSplit.
std::string PathOf(const Split& split) {
  return split.id.substr(0, split.id.rfind('@'));
}

}  // namespace

FileEnumerator::FileEnumerator(const Options& options)
    : options_(options), idle_(options.parallelism, true) {}

SplitEnumerator::Actions FileEnumerator::OnDiscovered(
    std::vector<Split> splits) {
  const bool watches = options_.monitor_interval != absl::InfiniteDuration();
  if (!discovered_ || watches) {
    const std::set<std::string> known = files_;
    for (Split& split : splits) {
      std::string path = PathOf(split);
      if (known.contains(path)) continue;
      files_.insert(std::move(path));
      waiting_.push_back(std::move(split));
    }
  }
  discovered_ = true;
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
  std::string snapshot = "1";
  if (discovered_) absl::StrAppend(&snapshot, kNul, "d");
  for (const std::string& path : files_) {
    absl::StrAppend(&snapshot, kNul, "f", path);
  }
  for (const Split& split : waiting_) {
    absl::StrAppend(&snapshot, kNul, "s", split.id, kNul, "@", split.position);
  }
  return snapshot;
}

absl::Status FileEnumerator::Restore(absl::string_view snapshot) {
  const std::vector<absl::string_view> fields =
      absl::StrSplit(snapshot, kNul);
  bool whole = fields[0] == "1";
  for (size_t i = 1; i < fields.size() && whole; ++i) {
    absl::string_view field = fields[i];
    if (field == "d") {
      discovered_ = true;
    } else if (absl::ConsumePrefix(&field, "f")) {
      files_.emplace(field);
    } else if (absl::ConsumePrefix(&field, "s")) {
      waiting_.push_back({.id = std::string(field)});
    } else {
      whole = absl::ConsumePrefix(&field, "@") && !waiting_.empty();
      if (whole) waiting_.back().position = std::string(field);
    }
  }
  return whole ? absl::OkStatus()
               : absl::DataLossError(
                     "not a file source's snapshot of version 1");
}

}  // namespace millrace
