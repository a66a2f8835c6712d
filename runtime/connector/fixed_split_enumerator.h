#pragma once

#include <string>
#include <vector>

#include "runtime/connector/source.h"

namespace millrace {

// The enumerator of sources whose splits are known at the start and never
// change: split i goes to subtask i modulo parallelism, at once, and nothing
// follows. Returned splits are dealt out again in the same way.
//
// A snapshot is empty: an assigned split lives in its reader's checkpoint, and
// the rest is found by the discovery again.
class FixedSplitEnumerator final : public SplitEnumerator {
 public:
  explicit FixedSplitEnumerator(int parallelism) : parallelism_(parallelism) {}

  Actions OnDiscovered(std::vector<Split> splits) override;
  Actions OnRequest(int subtask) override;
  Actions OnReturned(std::vector<Split> splits) override;

  std::string Snapshot() const override { return ""; }
  absl::Status Restore(absl::string_view snapshot) override;

 private:
  const int parallelism_;
  bool assigned_ = false;
};

}  // namespace millrace
