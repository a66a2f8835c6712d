#include <algorithm>
#include <map>
#include <utility>

#include "state/operator_backend.h"

namespace millrace {
namespace {

KeyGroupRange Intersection(const KeyGroupRange& a, const KeyGroupRange& b) {
  return {.first = std::max(a.first, b.first),
          .limit = std::min(a.limit, b.limit)};
}

}  // namespace

std::vector<OperatorSnapshot> ShareOf(const Manifest& manifest,
                                      const BackendPlace& place) {
  const KeyGroupRange own = KeyGroupsOf(
      SubtaskIndex(place.subtask), place.parallelism, place.max_parallelism);
  // Items of each kSplit list in the snapshots so far.
  std::map<std::string, size_t> counted;
  std::vector<OperatorSnapshot> share;
  for (const OperatorSnapshot& whole : manifest.operators) {
    if (whole.uid != place.uid) continue;
    OperatorSnapshot narrowed = {.uid = whole.uid,
                                 .fingerprint = whole.fingerprint,
                                 .subtask = whole.subtask,
                                 .schemas = whole.schemas};
    for (const KeyedPart& part : whole.parts) {
      const KeyGroupRange groups = Intersection(part.groups, own);
      if (groups.first >= groups.limit) continue;
      narrowed.parts.push_back(part);
      narrowed.parts.back().groups = groups;
    }
    for (const ItemList& list : whole.lists) {
      ItemList given = {.name = list.name,
                        .redistribution = list.redistribution};
      for (const std::string& item : list.items) {
        if (list.redistribution == Redistribution::kUnion ||
            counted[list.name]++ % static_cast<size_t>(place.parallelism) ==
                static_cast<size_t>(place.subtask)) {
          given.items.push_back(item);
        }
      }
      if (!given.items.empty()) narrowed.lists.push_back(std::move(given));
    }
    if (!narrowed.parts.empty() || !narrowed.lists.empty()) {
      share.push_back(std::move(narrowed));
    }
  }
  return share;
}

}  // namespace millrace
