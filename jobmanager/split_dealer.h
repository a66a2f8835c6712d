#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"
#include "runtime/connector/source.h"
#include "state/storage/manifest.h"

namespace millrace {

// Hands the splits of every source of one attempt to its subtasks, as the
// sources' enumerators decide.
//
// An enumerator and the readers of its splits come back from one manifest: a
// split that was given out before the checkpoint is in its reader's snapshot,
// any other in the enumerator's. A source that was not discovered yet has no
// snapshot and begins afresh.
//
// A state machine: no I/O, no clock.
class SplitDealer {
 public:
  // A discovery of a source that was never found is tried so often before its
  // error counts; one of a source that was found once, for ever.
  static constexpr int kFirstTries = 3;
  static constexpr absl::Duration kFirstRetry = absl::Seconds(1);
  // A broker that is away comes back within seconds.
  static constexpr absl::Duration kRetry = absl::Seconds(5);

  struct Source {
    std::string uid;
    int parallelism = 1;
    std::function<absl::StatusOr<std::unique_ptr<SplitEnumerator>>()> make;
  };
  using Sources = absl::btree_map<VertexId, Source>;

  // Calls the source's SplitDiscovery `after` from now; answered by
  // OnDiscovered. One of a source is under way at a time.
  struct Discover {
    VertexId source;
    absl::Duration after;
  };
  struct GiveSplits {
    VertexId source;
    int subtask = 0;
    std::vector<Split> splits;
    bool no_more_splits = false;
    bool hold_watermark = false;  // Holds until a later one says otherwise.
  };
  using Action = std::variant<Discover, GiveSplits>;

  // With enumerators restored from `restore` where that is not null. Errors
  // are the author's; kDataLoss: of a snapshot.
  static absl::StatusOr<SplitDealer> Open(const Sources& sources,
                                          const Manifest* restore);

  // Every subtask runs.
  std::vector<Action> Begin();
  std::vector<Action> OnRequest(VertexId source, int subtask);
  // The discovery's error where it is not tried again.
  absl::StatusOr<std::vector<Action>> OnDiscovered(
      VertexId source, absl::StatusOr<std::vector<Split>> splits);

  // Whether a discovery of the source ever succeeded, now or before the
  // checkpoint that was restored.
  bool WasFound(VertexId source) const {
    const State& state = sources_.at(source);
    return state.discovered || state.restored;
  }

  std::vector<Manifest::Enumerator> Snapshot() const;

 private:
  struct State {
    std::string uid;
    int parallelism = 1;
    std::unique_ptr<SplitEnumerator> enumerator;
    bool restored = false;
    bool discovered = false;
    bool discovering = false;
    int tries = 0;
    bool no_more_splits = false;
    bool hold_watermark = false;
    std::vector<int> early_requests;  // Before the first discovery.
  };

  SplitDealer() = default;

  static void Take(VertexId id, State& source,
                   SplitEnumerator::Actions decided,
                   std::vector<Action>& actions);
  static void StartDiscovery(VertexId id, State& source, absl::Duration after,
                             std::vector<Action>& actions);

  absl::btree_map<VertexId, State> sources_;
};

}  // namespace millrace
