#include "state/run_collector.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"
#include "state/run_file.h"
#include "state/run_format.h"

namespace millrace {
namespace {

using run_format::Append;
using run_format::AppendString;

// Room for a run's footer, of most.
constexpr size_t kFooterBytes = 16 << 10;

void AppendSchema(const StateSchema& schema, std::string& out) {
  Append(static_cast<uint32_t>(schema.id), out);
  Append(static_cast<uint32_t>(schema.version), out);
  AppendString(schema.name, out);
  AppendString(schema.key_type, out);
  AppendString(schema.value_type, out);
}

uint64_t StartOf(absl::string_view key) {
  char start[8] = {};
  std::memcpy(start, key.data(), std::min<size_t>(key.size(), 8));
  uint64_t number;
  std::memcpy(&number, start, 8);
  return __builtin_bswap64(number);
}

// A group's chunks: the first, of as much as a handful of entries takes, and
// the largest, for of each group's last one some is left over.
constexpr size_t kLeastChunkBytes = 256;
constexpr size_t kMostChunkBytes = 64 << 10;

// The bytes of a varint, at most.
constexpr size_t kVarintBytes = 10;

char* WriteNumber(uint64_t value, char* out) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

char* WriteBytes(absl::string_view bytes, char* out) {
  // A view of nothing may be null.
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

}  // namespace

// Where an entry lies, in the order of its key.
struct RunCollector::EntryPlace {
  uint64_t key_start;  // Eight bytes of the key, as a number that sorts.
  const char* key;
  uint32_t key_bytes;
  uint32_t before_key;  // Bytes of the entry in front of it.
  uint32_t entry_bytes;

  absl::string_view key_view() const { return {key, key_bytes}; }
  bool operator<(const EntryPlace& other) const {
    return key_start != other.key_start ? key_start < other.key_start
                                        : key_view() < other.key_view();
  }
};

void RunCollector::BeginState(const StateSchema& schema) {
  for (const State& state : states_) {
    MILLRACE_CHECK(state.schema.id != schema.id);
  }
  states_.push_back({.schema = schema});
}

void RunCollector::Drop(absl::string_view prefix) {
  MILLRACE_CHECK(!Last().has_entries());
  Last().dropped.emplace_back(prefix);
}

RunCollector::State& RunCollector::Last() {
  MILLRACE_CHECK(!states_.empty());
  return states_.back();
}

RunCollector::Chunk& RunCollector::RoomFor(size_t bytes, Group& group) {
  std::vector<Chunk>& chunks = group.chunks;
  if (chunks.empty() || chunks.back().size - chunks.back().used < bytes) {
    const size_t doubled = chunks.empty() ? 0 : 2 * chunks.back().size;
    const size_t size = std::max(
        bytes, std::clamp(doubled, kLeastChunkBytes, kMostChunkBytes));
    chunks.push_back({.bytes = std::unique_ptr<char[]>(new char[size]),
                      .size = static_cast<uint32_t>(size)});
  }
  return chunks.back();
}

void RunCollector::Took(const char* end, Chunk& chunk, Group& group) {
  const auto used = static_cast<uint32_t>(end - chunk.bytes.get());
  size_bytes_ += used - chunk.used;
  chunk.used = used;
  ++group.entries;
}

RunCollector::Group& RunCollector::GroupOf(KeyGroup group, State& state) {
  const auto number = static_cast<size_t>(group.value());
  if (number >= state.groups.size()) state.groups.resize(number + 1);
  return state.groups[number];
}

void RunCollector::PutIn(State& state, KeyGroup number, absl::string_view key,
                         absl::string_view value) {
  Group& group = GroupOf(number, state);
  Chunk& chunk =
      RoomFor(2 * kVarintBytes + key.size() + value.size(), group);
  char* out = chunk.bytes.get() + chunk.used;
  out = WriteNumber(key.size() * 2, out);
  out = WriteBytes(key, out);
  out = WriteNumber(value.size(), out);
  Took(WriteBytes(value, out), chunk, group);
}

void RunCollector::Put(KeyGroup group, absl::string_view key,
                       absl::string_view value) {
  PutIn(Last(), group, key, value);
}

void RunCollector::PutLate(int32_t state_id, KeyGroup group,
                           absl::string_view key, absl::string_view value) {
  const auto state =
      std::find_if(states_.begin(), states_.end(), [&](const State& state) {
        return state.schema.id == state_id;
      });
  MILLRACE_CHECK(state != states_.end());
  PutIn(*state, group, key, value);
}

void RunCollector::Erase(KeyGroup number, absl::string_view key) {
  Group& group = GroupOf(number, Last());
  Chunk& chunk = RoomFor(kVarintBytes + key.size(), group);
  char* out = chunk.bytes.get() + chunk.used;
  out = WriteNumber(key.size() * 2 + 1, out);
  Took(WriteBytes(key, out), chunk, group);
}

bool RunCollector::empty() const {
  return std::all_of(states_.begin(), states_.end(), [](const State& state) {
    return !state.has_entries() && state.dropped.empty();
  });
}

std::vector<StateSchema> RunCollector::Schemas() const {
  std::vector<StateSchema> schemas;
  for (const State& state : states_) schemas.push_back(state.schema);
  return schemas;
}

void RunCollector::FindEntries(const Group& group,
                               std::vector<EntryPlace>& places) {
  for (const Chunk& chunk : group.chunks) {
    absl::string_view rest(chunk.bytes.get(), chunk.used);
    while (!rest.empty()) {
      const char* first = rest.data();
      RunEntry entry;
      MILLRACE_CHECK(TakeRunEntry(rest, &entry));
      places.push_back(
          {.key_start = StartOf(entry.key),
           .key = entry.key.data(),
           .key_bytes = static_cast<uint32_t>(entry.key.size()),
           .before_key = static_cast<uint32_t>(entry.key.data() - first),
           .entry_bytes = static_cast<uint32_t>(rest.data() - first)});
    }
  }
}

// Groups ascend, and in each its entries; behind them goes what the footer says
// of them.
void RunCollector::EncodeGroups(const State& state, std::string& run,
                                std::string& footer) {
  std::string groups;
  uint32_t group_count = 0;
  std::vector<EntryPlace> places;
  for (size_t number = 0; number < state.groups.size(); ++number) {
    const Group& group = state.groups[number];
    if (group.entries == 0) continue;
    ++group_count;
    places.clear();
    FindEntries(group, places);
    MILLRACE_CHECK(places.size() == group.entries);
    if (!std::is_sorted(places.begin(), places.end())) {
      std::sort(places.begin(), places.end());
    }
    const size_t offset = run.size();
    for (size_t at = 0; at < places.size(); ++at) {
      MILLRACE_CHECK(at == 0 || places[at - 1] < places[at]);  // No key twice.
      run.append(places[at].key - places[at].before_key,
                 places[at].entry_bytes);
    }
    Append(static_cast<uint32_t>(number), groups);
    Append(group.entries, groups);
    Append(uint64_t{offset}, groups);
    Append(uint64_t{run.size() - offset}, groups);
    Append(Crc32c(absl::string_view(run).substr(offset)), groups);
  }
  Append(group_count, footer);
  footer += groups;
}

std::string RunCollector::Encode() const {
  std::string run;
  run.reserve(size_bytes_ + kFooterBytes);
  run += std::string(run_format::kHead);
  std::string footer;
  Append(static_cast<uint32_t>(states_.size()), footer);
  for (const State& state : states_) {
    AppendSchema(state.schema, footer);
    Append(static_cast<uint32_t>(state.dropped.size()), footer);
    for (const std::string& prefix : state.dropped) {
      AppendString(prefix, footer);
    }
    EncodeGroups(state, run, footer);
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
