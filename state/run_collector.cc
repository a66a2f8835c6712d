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

uint64_t StartOf(absl::string_view key) {
  char start[8] = {};
  std::memcpy(start, key.data(), std::min<size_t>(key.size(), 8));
  uint64_t number;
  std::memcpy(&number, start, 8);
  return __builtin_bswap64(number);
}

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

void RunCollector::BeginState(const StateSchema& schema) {
  for (const State& state : states_) {
    MILLRACE_CHECK(state.schema.id != schema.id);
  }
  states_.push_back({.schema = schema, .end = Here()});
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
    groups.push_back({.group = group, .begin = Here()});
  }
  ++groups.back().entries;
}

char* RunCollector::RoomFor(size_t bytes) {
  if (chunks_.empty() || chunks_.back().size - chunks_.back().used < bytes) {
    const size_t size = std::max(bytes, kChunkBytes);
    chunks_.push_back({.bytes = std::unique_ptr<char[]>(new char[size]),
                       .size = size});
  }
  return chunks_.back().bytes.get() + chunks_.back().used;
}

void RunCollector::Took(const char* end) {
  Chunk& chunk = chunks_.back();
  const size_t used = end - chunk.bytes.get();
  size_bytes_ += used - chunk.used;
  chunk.used = used;
  states_.back().end = Here();
}

void RunCollector::Put(KeyGroup group, absl::string_view key,
                       absl::string_view value) {
  char* out = RoomFor(2 * kVarintBytes + key.size() + value.size());
  OpenGroup(group);
  out = WriteNumber(key.size() * 2, out);
  out = WriteBytes(key, out);
  out = WriteNumber(value.size(), out);
  Took(WriteBytes(value, out));
}

void RunCollector::Erase(KeyGroup group, absl::string_view key) {
  char* out = RoomFor(kVarintBytes + key.size());
  OpenGroup(group);
  out = WriteNumber(key.size() * 2 + 1, out);
  Took(WriteBytes(key, out));
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

void RunCollector::AppendSorted(const Place& begin, const Place& end,
                                uint32_t entries, std::string& out) const {
  std::vector<EntryPlace> places;
  places.reserve(entries);
  for (size_t i = begin.chunk; i <= end.chunk && i < chunks_.size(); ++i) {
    const size_t from = i == begin.chunk ? begin.offset : 0;
    const size_t to = i == end.chunk ? end.offset : chunks_[i].used;
    absl::string_view rest(chunks_[i].bytes.get() + from, to - from);
    while (!rest.empty()) {
      const char* first = rest.data();
      const std::optional<RunEntry> entry = TakeRunEntry(rest);
      MILLRACE_CHECK(entry.has_value());
      places.push_back(
          {.key_start = StartOf(entry->key),
           .key = entry->key.data(),
           .key_bytes = static_cast<uint32_t>(entry->key.size()),
           .before_key = static_cast<uint32_t>(entry->key.data() - first),
           .entry_bytes = static_cast<uint32_t>(rest.data() - first)});
    }
  }
  MILLRACE_CHECK(places.size() == entries);
  if (!std::is_sorted(places.begin(), places.end())) {
    std::sort(places.begin(), places.end());
  }
  for (size_t i = 0; i < places.size(); ++i) {
    MILLRACE_CHECK(i == 0 || places[i - 1] < places[i]);  // No key twice.
    out.append(places[i].key - places[i].before_key, places[i].entry_bytes);
  }
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
    Append(static_cast<uint32_t>(state.groups.size()), footer);
    for (size_t i = 0; i < state.groups.size(); ++i) {
      const Group& group = state.groups[i];
      const Place& end = i + 1 < state.groups.size()
                             ? state.groups[i + 1].begin
                             : state.end;
      const size_t offset = run.size();
      AppendSorted(group.begin, end, group.entries, run);
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
