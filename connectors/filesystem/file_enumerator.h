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
//
// A file is cut into ranges once, when it is found. Found again it is nothing
// new, even where it has grown or is cut otherwise by now, because the job was
// restored at another parallelism: its last range reaches to its end. A source
// that is not watched has what its first discovery found, and no more.
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

  // Version 1: "1", then each behind a '\0': "d" once discovered, "f" and the
  // path of each file found, "s" and "@" with id and position of each split
  // that waits.
  std::string Snapshot() const override;
  absl::Status Restore(absl::string_view snapshot) override;

 private:
  // Gives waiting splits to idle subtasks.
  Actions Deal();

  const Options options_;
  std::deque<Split> waiting_;
  std::set<std::string> files_;  // Paths ever discovered.
  std::vector<bool> idle_;       // By subtask.
  bool discovered_ = false;
};

}  // namespace millrace
