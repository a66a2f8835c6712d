#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/strong_int.h"
#include "runtime/connector/source.h"

namespace millrace {

// Who looks for the splits of a job's sources: made anew for each attempt,
// since one of the attempt before may still be looking, and run in the
// background when it is time. Of the job's loop.
class SourceDiscoveries {
 public:
  using Discovery = std::shared_ptr<SplitDiscovery>;
  using Make = std::function<absl::StatusOr<Discovery>()>;
  using Found = std::function<void(VertexId source,
                                   absl::StatusOr<std::vector<Split>> splits)>;

  // Both outlive it, and what it has posted.
  SourceDiscoveries(absl::btree_map<VertexId, Make> make, const Clock* clock,
                    Executor* background)
      : make_(std::move(make)), clock_(clock), background_(background) {}

  // For a new attempt; none is due any more. Errors are the author's.
  absl::Status Renew();
  void Stop() { due_.clear(); }

  // Once; the next of a source is due only after this one's outcome.
  void Schedule(VertexId source, absl::Duration after);
  // `found` is called in the background. When there will be something to start,
  // by Clock::SteadyNanos; INT64_MAX: never.
  int64_t StartDue(const Found& found);

 private:
  struct Due {
    VertexId source;
    int64_t at_nanos;
  };

  const absl::btree_map<VertexId, Make> make_;
  const Clock* const clock_;
  Executor* const background_;
  absl::btree_map<VertexId, Discovery> discoveries_;  // Of the attempt.
  std::vector<Due> due_;
};

}  // namespace millrace
