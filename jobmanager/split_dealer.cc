#include "jobmanager/split_dealer.h"

#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::StatusOr<SplitDealer> SplitDealer::Open(const Sources& sources,
                                              const Manifest* restore) {
  SplitDealer dealer;
  for (const auto& [id, source] : sources) {
    State& state = dealer.sources_[id];
    state.uid = source.uid;
    state.parallelism = source.parallelism;
    ASSIGN_OR_RETURN(state.enumerator, source.make());
    if (restore == nullptr) continue;
    for (const Manifest::Enumerator& saved : restore->enumerators) {
      if (saved.uid != source.uid) continue;
      const absl::Status status = state.enumerator->Restore(saved.snapshot);
      if (!status.ok()) return Annotate(status, source.uid);
      state.restored = true;
    }
  }
  return dealer;
}

std::vector<SplitDealer::Action> SplitDealer::Begin() {
  std::vector<Action> actions;
  for (auto& [id, source] : sources_) {
    if (source.restored) {
      // Its readers run on at once: they are to know, before they raise their
      // watermark, of what waits.
      source.discovered = true;
      SplitEnumerator::Actions decided = source.enumerator->OnReturned({});
      decided.discover_after = absl::InfiniteDuration();
      Take(id, source, std::move(decided), actions);
      if (source.no_more_splits) continue;  // Nothing found would count.
    }
    StartDiscovery(id, source, absl::ZeroDuration(), actions);
  }
  return actions;
}

std::vector<SplitDealer::Action> SplitDealer::OnRequest(VertexId id,
                                                        int subtask) {
  std::vector<Action> actions;
  State& source = sources_.at(id);
  if (!source.discovered) {
    source.early_requests.push_back(subtask);
  } else if (!source.no_more_splits) {  // Else every reader was told.
    Take(id, source, source.enumerator->OnRequest(subtask), actions);
  }
  return actions;
}

absl::StatusOr<std::vector<SplitDealer::Action>> SplitDealer::OnDiscovered(
    VertexId id, absl::StatusOr<std::vector<Split>> splits) {
  std::vector<Action> actions;
  State& source = sources_.at(id);
  source.discovering = false;
  ++source.tries;
  if (!splits.ok()) {
    if (!absl::IsUnavailable(splits.status()) ||
        (!source.discovered && source.tries >= kFirstTries)) {
      return splits.status();
    }
    StartDiscovery(id, source, source.discovered ? kRetry : kFirstRetry,
                   actions);
    return actions;
  }
  source.discovered = true;
  Take(id, source, source.enumerator->OnDiscovered(*std::move(splits)),
       actions);
  for (const int subtask : std::exchange(source.early_requests, {})) {
    if (source.no_more_splits) break;
    Take(id, source, source.enumerator->OnRequest(subtask), actions);
  }
  return actions;
}

std::vector<Manifest::Enumerator> SplitDealer::Snapshot() const {
  std::vector<Manifest::Enumerator> snapshots;
  for (const auto& [id, source] : sources_) {
    if (!source.discovered) continue;
    snapshots.push_back({source.uid, source.enumerator->Snapshot()});
  }
  return snapshots;
}

void SplitDealer::Take(VertexId id, State& source,
                       SplitEnumerator::Actions decided,
                       std::vector<Action>& actions) {
  std::vector<std::vector<Split>> given(source.parallelism);
  for (SplitEnumerator::Assignment& assignment : decided.assign) {
    given[assignment.subtask].push_back(std::move(assignment.split));
  }
  const bool tell_all =
      (decided.no_more_splits && !source.no_more_splits) ||
      decided.hold_watermark != source.hold_watermark;
  source.no_more_splits |= decided.no_more_splits;
  source.hold_watermark = decided.hold_watermark;
  for (int i = 0; i < source.parallelism; ++i) {
    if (given[i].empty() && !tell_all) continue;
    actions.push_back(GiveSplits{id, i, std::move(given[i]),
                                 source.no_more_splits,
                                 source.hold_watermark});
  }
  if (decided.discover_after != absl::InfiniteDuration()) {
    StartDiscovery(id, source, decided.discover_after, actions);
  }
}

void SplitDealer::StartDiscovery(VertexId id, State& source,
                                 absl::Duration after,
                                 std::vector<Action>& actions) {
  if (source.discovering) return;  // A request is no reason for a second one.
  source.discovering = true;
  actions.push_back(Discover{id, after});
}

}  // namespace millrace
