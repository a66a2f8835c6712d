#include "tests/sim/kafka/partition_log.h"

#include <algorithm>
#include <set>
#include <utility>

namespace millrace::sim {

int64_t PartitionLog::Append(int64_t producer, std::optional<std::string> key,
                             std::optional<std::string> value, int64_t order) {
  const int64_t offset = next_++;
  open_since_.try_emplace(producer, offset);
  entries_[offset] = {.record = {.offset = offset,
                                 .key = std::move(key),
                                 .value = std::move(value),
                                 .order = order},
                      .producer = producer};
  return offset;
}

void PartitionLog::End(int64_t producer, bool commit) {
  const auto open = open_since_.find(producer);
  if (open == open_since_.end()) return;
  for (auto at = entries_.lower_bound(open->second); at != entries_.end();
       ++at) {
    Entry& entry = at->second;
    if (entry.producer == producer && entry.state == State::kOpen) {
      entry.state = commit ? State::kCommitted : State::kAborted;
    }
  }
  open_since_.erase(open);
  const int64_t offset = next_++;
  entries_[offset] = {.record = {.offset = offset},
                      .producer = producer,
                      .state = State::kMarker};
}

int64_t PartitionLog::last_stable() const {
  int64_t stable = next_;
  for (const auto& [producer, since] : open_since_) {
    stable = std::min(stable, since);
  }
  return stable;
}

PartitionLog::Fetched PartitionLog::ReadCommitted(int64_t from, size_t limit,
                                                  int64_t view_end) const {
  Fetched fetched;
  if (from < 0) from = begin_;
  fetched.next_offset = from;
  if (from < begin_ || from > next_) {
    fetched.is_out_of_range = true;
    return fetched;
  }
  const int64_t end = std::min(last_stable(), view_end);
  auto at = entries_.lower_bound(from);
  for (; at != entries_.end() && at->first < end; ++at) {
    if (fetched.records.size() == limit) return fetched;
    fetched.next_offset = at->first + 1;
    if (at->second.state == State::kCommitted) {
      fetched.records.push_back(at->second.record);
    }
  }
  fetched.next_offset = std::max(fetched.next_offset, std::min(end, next_));
  return fetched;
}

void PartitionLog::Compact() {
  const int64_t stable = last_stable();
  std::set<std::string> newer;
  for (int64_t offset = stable; offset-- > begin_;) {
    const auto at = entries_.find(offset);
    if (at == entries_.end()) continue;
    const Entry& entry = at->second;
    const bool stays = entry.state == State::kCommitted &&
                       newer.insert(entry.record.key.value_or("")).second;
    if (!stays) entries_.erase(at);
  }
}

void PartitionLog::Lose(const std::string& key) {
  std::erase_if(entries_, [&](const auto& item) {
    return item.second.state == State::kCommitted &&
           item.second.record.key == key;
  });
}

}  // namespace millrace::sim
