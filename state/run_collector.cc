#include "state/run_collector.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/base/check.h"
#include "state/run_file.h"
#include "state/run_format.h"

namespace millrace {
namespace {

using run_format::Append;
using run_format::AppendString;
using run_format::AppendVarint;

// Room for a run's footer, of most.
constexpr size_t kFooterBytes = 16 << 10;

void AppendSchema(const StateSchema& schema, std::string& out) {
  Append(static_cast<uint32_t>(schema.id), out);
  Append(static_cast<uint32_t>(schema.version), out);
  AppendString(schema.name, out);
  AppendString(schema.key_type, out);
  AppendString(schema.value_type, out);
}

// Where an entry lies, in the order of its key.
struct EntryPlace {
  uint64_t key_start = 0;  // Eight bytes of the key, as a number that sorts.
  absl::string_view key;
  absl::string_view bytes;

  bool operator<(const EntryPlace& other) const {
    return key_start != other.key_start ? key_start < other.key_start
                                        : key < other.key;
  }
};

uint64_t StartOf(absl::string_view key) {
  char start[8] = {};
  std::memcpy(start, key.data(), std::min<size_t>(key.size(), 8));
  uint64_t number;
  std::memcpy(&number, start, 8);
  return __builtin_bswap64(number);
}

void AppendSorted(absl::string_view group, uint32_t entries, std::string& out) {
  std::vector<EntryPlace> places;
  places.reserve(entries);
  while (!group.empty()) {
    const char* begin = group.data();
    const std::optional<RunEntry> entry = TakeRunEntry(group);
    MILLRACE_CHECK(entry.has_value());
    places.push_back(
        {.key_start = StartOf(entry->key),
         .key = entry->key,
         .bytes = {begin, static_cast<size_t>(group.data() - begin)}});
  }
  if (!std::is_sorted(places.begin(), places.end())) {
    std::sort(places.begin(), places.end());
  }
  for (size_t i = 0; i < places.size(); ++i) {
    MILLRACE_CHECK(i == 0 || places[i - 1] < places[i]);  // No key twice.
    out.append(places[i].bytes.data(), places[i].bytes.size());
  }
}

}  // namespace

void RunCollector::BeginState(const StateSchema& schema) {
  for (const State& state : states_) {
    MILLRACE_CHECK(state.schema.id != schema.id);
  }
  states_.push_back({.schema = schema, .end = bytes_.size()});
}

void RunCollector::Drop(absl::string_view prefix) {
  MILLRACE_CHECK(!states_.empty() && states_.back().groups.empty());
  states_.back().dropped.emplace_back(prefix);
}

void RunCollector::OpenGroup(KeyGroup group) {
  MILLRACE_CHECK(!states_.empty());
  std::vector<Group>& groups = states_.back().groups;
  if (groups.empty() || groups.back().group != group) {
    MILLRACE_CHECK(groups.empty() || groups.back().group < group);
    groups.push_back({.group = group, .begin = bytes_.size()});
  }
  ++groups.back().entries;
}

void RunCollector::Put(KeyGroup group, absl::string_view key,
                       absl::string_view value) {
  OpenGroup(group);
  AppendVarint(key.size() * 2, bytes_);
  bytes_.append(key.data(), key.size());
  AppendVarint(value.size(), bytes_);
  bytes_.append(value.data(), value.size());
  states_.back().end = bytes_.size();
}

void RunCollector::Erase(KeyGroup group, absl::string_view key) {
  OpenGroup(group);
  AppendVarint(key.size() * 2 + 1, bytes_);
  bytes_.append(key.data(), key.size());
  states_.back().end = bytes_.size();
}

bool RunCollector::empty() const {
  return std::all_of(states_.begin(), states_.end(), [](const State& state) {
    return state.groups.empty() && state.dropped.empty();
  });
}

std::vector<StateSchema> RunCollector::Schemas() const {
  std::vector<StateSchema> schemas;
  for (const State& state : states_) schemas.push_back(state.schema);
  return schemas;
}

std::string RunCollector::Encode() const {
  std::string run;
  run.reserve(bytes_.size() + kFooterBytes);
  run += std::string(run_format::kHead);
  std::string footer;
  Append(static_cast<uint32_t>(states_.size()), footer);
  for (const State& state : states_) {
    AppendSchema(state.schema, footer);
    Append(static_cast<uint32_t>(state.dropped.size()), footer);
    for (const std::string& prefix : state.dropped) {
      AppendString(prefix, footer);
    }
    Append(static_cast<uint32_t>(state.groups.size()), footer);
    for (size_t i = 0; i < state.groups.size(); ++i) {
      const Group& group = state.groups[i];
      const size_t end = i + 1 < state.groups.size()
                             ? state.groups[i + 1].begin
                             : state.end;
      const size_t offset = run.size();
      AppendSorted(absl::string_view(bytes_).substr(group.begin,
                                                    end - group.begin),
                   group.entries, run);
      Append(static_cast<uint32_t>(group.group.value()), footer);
      Append(group.entries, footer);
      Append(uint64_t{offset}, footer);
      Append(uint64_t{run.size() - offset}, footer);
      Append(Crc32c(absl::string_view(run).substr(offset)), footer);
    }
  }
  const size_t footer_offset = run.size();
  run += footer;
  Append(uint64_t{footer_offset}, run);
  Append(uint64_t{footer.size()}, run);
  Append(Crc32c(footer), run);
  run += std::string(run_format::kTailMark);
  return run;
}

}  // namespace millrace
