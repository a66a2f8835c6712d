#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "jobmanager/checkpoint_report.h"

namespace millrace {

// People who wait for a checkpoint or a savepoint, by the numbers of their
// requests. Who wants the job drained waits for its final checkpoint, which
// comes by itself.
class CheckpointRequests {
 public:
  // Beyond it requests are declined: people ask faster than stores write.
  static constexpr size_t kMost = 100;

  // False: it is one too many.
  bool Add(int64_t number, CheckpointKind kind) {
    if (waiting_.size() == kMost) return false;
    waiting_.push_back({number, kind});
    return true;
  }

  // What is to be begun for the first in line; nullopt: nothing.
  std::optional<CheckpointKind> Next() const {
    for (const Waiting& request : waiting_) {
      if (request.kind != CheckpointKind::kFinal) return request.kind;
    }
    return std::nullopt;
  }
  bool HasDrain() const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [](const Waiting& request) {
                         return request.kind == CheckpointKind::kFinal;
                       });
  }
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
  // Takes all who do not wait for the job to be drained.
  std::vector<int64_t> TakeAllButDrains() {
    std::vector<int64_t> taken;
    for (const CheckpointKind kind :
         {CheckpointKind::kRequested, CheckpointKind::kSavepoint,
          CheckpointKind::kStop}) {
      for (const int64_t number : Take(kind)) taken.push_back(number);
    }
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
