#include "connectors/kafka/kafka_enumerator.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/base/hash.h"

namespace millrace::kafka {

SplitEnumerator::Actions KafkaEnumerator::Nothing() const {
  return {.no_more_splits = discovered_ && options_.bounded,
          .discover_after = options_.bounded ? absl::InfiniteDuration()
                                             : options_.discovery_interval};
}

SplitEnumerator::Actions KafkaEnumerator::OnDiscovered(
    std::vector<Split> splits) {
  // A bounded table has the partitions of its first discovery.
  if (discovered_ && options_.bounded) return Nothing();
  std::vector<Split> fresh;
  for (Split& split : splits) {
    if (!known_.insert(split.id).second) continue;
    if (discovered_) {
      if (auto partition = FromSplit(split); partition.ok()) {
        partition->next_offset = PartitionSplit::kEarliest;
        split = ToSplit(*partition);
      }
    }
    fresh.push_back(std::move(split));
  }
  discovered_ = true;
  return OnReturned(std::move(fresh));
}

SplitEnumerator::Actions KafkaEnumerator::OnRequest(int) { return Nothing(); }

SplitEnumerator::Actions KafkaEnumerator::OnReturned(
    std::vector<Split> splits) {
  Actions actions = Nothing();
  for (Split& split : splits) {
    const int subtask = SubtaskOf(split);
    actions.assign.push_back({subtask, std::move(split)});
  }
  return actions;
}

std::string KafkaEnumerator::Snapshot() const {
  if (!discovered_) return "";
  return absl::StrCat("1\n", absl::StrJoin(known_, "\n"));
}

absl::Status KafkaEnumerator::Restore(absl::string_view snapshot) {
  if (snapshot.empty()) return absl::OkStatus();
  if (!absl::ConsumePrefix(&snapshot, "1\n")) {
    return absl::DataLossError("not a kafka source's snapshot of version 1");
  }
  discovered_ = true;
  for (const absl::string_view id :
       absl::StrSplit(snapshot, '\n', absl::SkipEmpty())) {
    known_.emplace(id);
  }
  return absl::OkStatus();
}

int KafkaEnumerator::SubtaskOf(const Split& split) const {
  const size_t slash = split.id.rfind('/');
  int64_t partition = 0;
  if (!absl::SimpleAtoi(split.id.substr(slash + 1), &partition)) return 0;
  const uint64_t topic = HashBytes(split.id.substr(0, slash)) >> 1;
  return static_cast<int>((topic + partition) % options_.parallelism);
}

}  // namespace millrace::kafka
