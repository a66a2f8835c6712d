#pragma once

#include <string>
#include <vector>

#include "runtime/connector/source.h"

namespace millrace {

// The enumerator of sources whose splits are known at the start and never
// change: split i goes to subtask i modulo parallelism, at once, and nothing
// follows. Returned splits are dealt out again in the same way.
//
// A snapshot says only whether they are assigned, "1" or "0": then they live in
// their readers' checkpoints.
class FixedSplitEnumerator final : public SplitEnumerator {
 public:
  explicit FixedSplitEnumerator(int parallelism) : parallelism_(parallelism) {}

  Actions OnDiscovered(std::vector<Split> splits) override;
  Actions OnRequest(int subtask) override;
  Actions OnReturned(std::vector<Split> splits) override;

  std::string Snapshot() const override { return assigned_ ? "1" : "0"; }
  absl::Status Restore(absl::string_view snapshot) override;

 private:
  const int parallelism_;
  bool assigned_ = false;
};

}  // namespace millrace
