#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runtime/connector/source.h"

namespace millrace {

// Deals out ranges of files one at a time, in order, to whoever has nothing to
// read: readers stay close to one another in the input, so that the watermark,
// which is the least of theirs, follows it. While a file has not been begun
// the watermark is held: its rows are not late.
class FileEnumerator final : public SplitEnumerator {
 public:
  struct Options {
    int parallelism = 1;
    // How often the directory is listed again; infinite: once, and the source
    // ends.
    absl::Duration monitor_interval = absl::InfiniteDuration();
  };

  explicit FileEnumerator(const Options& options);

  Actions OnDiscovered(std::vector<Split> splits) override;
  Actions OnRequest(int subtask) override;
  Actions OnReturned(std::vector<Split> splits) override;

  // Version 1: a line a split, "s id" seen, "p id \t position" still waiting.
  std::string Snapshot() const override;
  absl::Status Restore(absl::string_view snapshot) override;

 private:
  // Gives waiting splits to idle subtasks.
  Actions Deal();

  const Options options_;
  std::deque<Split> waiting_;
  std::set<std::string> seen_;  // Ids ever discovered.
  std::vector<bool> idle_;      // By subtask.
  bool discovered_ = false;
};

}  // namespace millrace
