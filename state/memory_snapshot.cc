#include "state/memory_snapshot.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::Status MemorySnapshot::BeginState(const StateSchema& schema) {
  const auto [state, added] = states_.try_emplace(schema.id);
  MILLRACE_CHECK(added);
  state->second.schema = schema;
  current_ = &state->second;
  return absl::OkStatus();
}

absl::Status MemorySnapshot::Put(KeyedEntry entry) {
  MILLRACE_CHECK(current_ != nullptr);
  MILLRACE_CHECK(current_->entries.empty() ||
                 current_->entries.back().group <= entry.group);
  current_->entries.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::Status MemorySnapshot::Entry(KeyGroup group, absl::string_view key,
                                   absl::string_view value) {
  return Put({.group = group, .key = std::string(key),
              .value = std::string(value)});
}

absl::Status MemorySnapshot::Erased(KeyGroup group, absl::string_view key) {
  MILLRACE_CHECK(extent_ == Extent::kChanges);
  return Put({.group = group, .key = std::string(key), .erased = true});
}

absl::Status MemorySnapshot::DropPrefix(absl::string_view prefix) {
  MILLRACE_CHECK(extent_ == Extent::kChanges);
  MILLRACE_CHECK(current_ != nullptr && current_->entries.empty());
  current_->dropped.emplace_back(prefix);
  return absl::OkStatus();
}

void MemorySnapshot::Add(const MemorySnapshot& changes) {
  for (const auto& [id, changed] : changes.states_) {
    KeyedState& state = states_[id];
    state.schema = changed.schema;
    std::map<std::pair<KeyGroup, std::string>, std::string> entries;
    for (KeyedEntry& entry : state.entries) {
      const bool dropped = std::any_of(
          changed.dropped.begin(), changed.dropped.end(),
          [&](const std::string& prefix) {
            return absl::StartsWith(entry.key, prefix);
          });
      if (dropped) continue;
      const auto [at, added] = entries.emplace(
          std::pair(entry.group, entry.key), std::move(entry.value));
      MILLRACE_CHECK(added);
    }
    std::set<absl::string_view> keys;
    for (const KeyedEntry& entry : changed.entries) {
      MILLRACE_CHECK(keys.insert(entry.key).second);
      const std::pair place(entry.group, entry.key);
      if (entry.erased) {
        MILLRACE_CHECK(entries.erase(place) == 1);
      } else {
        entries[place] = entry.value;
      }
    }
    state.entries.clear();
    for (auto& [place, value] : entries) {
      state.entries.push_back({place.first, place.second, std::move(value)});
    }
  }
  for (const auto& [name, list] : changes.lists_) lists_[name] = list;
}

std::string MemorySnapshot::Text() const {
  std::vector<std::string> lines;
  for (const auto& [id, state] : states_) {
    for (const KeyedEntry& entry : state.entries) {
      lines.push_back(absl::StrCat(
          id, " ", entry.group.value(), " ", absl::BytesToHexString(entry.key),
          " ", absl::BytesToHexString(entry.value), "\n"));
    }
  }
  for (const auto& [name, list] : lists_) {
    for (const std::string& item : list.items) {
      lines.push_back(absl::StrCat(name, " ", absl::CEscape(item), "\n"));
    }
  }
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, "");
}

absl::Status MemorySnapshot::OperatorState(
    absl::string_view name, Redistribution redistribution,
    const std::vector<std::string>& items) {
  lists_.insert_or_assign(std::string(name), ItemList{redistribution, items});
  return absl::OkStatus();
}

size_t MemorySnapshot::entry_count() const {
  size_t count = 0;
  for (const auto& [id, state] : states_) count += state.entries.size();
  return count;
}

class MemorySnapshotReader final : public SnapshotReader {
 public:
  MemorySnapshotReader(const MemorySnapshot* snapshot,
                       const MemorySnapshot::Share& share)
      : snapshot_(snapshot), share_(share) {}

  absl::Status ReadState(
      const StateSchema& schema,
      const std::function<absl::Status(KeyGroup, absl::string_view,
                                       absl::string_view)>& entry) override {
    const auto state = snapshot_->states_.find(schema.id);
    if (state == snapshot_->states_.end()) return absl::OkStatus();
    if (state->second.schema != schema) {
      const StateSchema& stored = state->second.schema;
      return absl::FailedPreconditionError(absl::StrCat(
          "state ", schema.name, " was stored as version ", stored.version,
          " (", stored.key_type, " -> ", stored.value_type,
          ") and is now version ", schema.version, " (", schema.key_type,
          " -> ", schema.value_type, ")"));
    }
    for (const auto& stored : state->second.entries) {
      if (!share_.range.Contains(stored.group)) continue;
      RETURN_IF_ERROR(entry(stored.group, stored.key, stored.value));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) override {
    const auto list = snapshot_->lists_.find(name);
    if (list == snapshot_->lists_.end()) return std::vector<std::string>();
    if (list->second.redistribution ==
        SnapshotWriter::Redistribution::kUnion) {
      return list->second.items;
    }
    std::vector<std::string> items;
    for (size_t i = 0; i < list->second.items.size(); ++i) {
      if (i % share_.parallelism == static_cast<size_t>(share_.subtask)) {
        items.push_back(list->second.items[i]);
      }
    }
    return items;
  }

 private:
  const MemorySnapshot* snapshot_;
  const MemorySnapshot::Share share_;
};

std::unique_ptr<SnapshotReader> MemorySnapshot::Read(
    const Share& share) const {
  return std::make_unique<MemorySnapshotReader>(this, share);
}

}  // namespace millrace
