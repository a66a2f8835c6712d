#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "jobmanager/checkpoint_report.h"

namespace millrace {

// People who wait for a checkpoint or a savepoint, by the numbers of their
// requests.
class CheckpointRequests {
 public:
  // Beyond it requests are declined: people ask faster than stores write.
  static constexpr size_t kMost = 100;

  bool empty() const { return waiting_.empty(); }
  // False: it is one too many.
  bool Add(int64_t number, bool savepoint) {
    if (waiting_.size() == kMost) return false;
    waiting_.push_back({number, savepoint ? CheckpointKind::kSavepoint
                                          : CheckpointKind::kRequested});
    return true;
  }

  // What the first in line wants. REQUIRES: not empty.
  CheckpointKind first() const { return waiting_.front().kind; }
  // Takes all who want the same: one serves them.
  std::vector<int64_t> Take(CheckpointKind kind) {
    std::vector<int64_t> taken;
    std::erase_if(waiting_, [&](const Waiting& request) {
      if (request.kind != kind) return false;
      taken.push_back(request.number);
      return true;
    });
    return taken;
  }
  std::vector<int64_t> TakeAll() {
    std::vector<int64_t> taken;
    for (const Waiting& request : std::exchange(waiting_, {})) {
      taken.push_back(request.number);
    }
    return taken;
  }

 private:
  struct Waiting {
    int64_t number;
    CheckpointKind kind;
  };
  std::vector<Waiting> waiting_;  // In the order of asking.
};

}  // namespace millrace
