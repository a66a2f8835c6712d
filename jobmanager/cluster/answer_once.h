#pragma once

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "jobmanager/cluster/job_gateway.h"

namespace millrace {

// An answer that is given once whatever happens to the question: where nobody
// has answered when the last copy is dropped, kUnavailable.
template <typename T>
JobGateway::Answer<T> AnswerOnce(JobGateway::Answer<T> answer) {
  class Pending {
   public:
    explicit Pending(JobGateway::Answer<T> answer)
        : answer_(std::move(answer)) {}
    ~Pending() {
      Give(absl::UnavailableError(
          "the JobManager ended, or lost its lead, before it could answer; ask "
          "again"));
    }
    void Give(absl::StatusOr<T> outcome) {
      if (answer_ == nullptr) return;
      std::exchange(answer_, nullptr)(std::move(outcome));
    }

   private:
    JobGateway::Answer<T> answer_;
  };
  return [pending = std::make_shared<Pending>(std::move(answer))](
             absl::StatusOr<T> outcome) { pending->Give(std::move(outcome)); };
}

}  // namespace millrace
