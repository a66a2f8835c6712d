#include "state/store_run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"

namespace millrace {
namespace {

// Some hundredths of a huge run, and what an allocator has at hand for a small
// one.
constexpr size_t kChunkBytes = 256 << 10;

}  // namespace

std::string StoreKeyHead(KeyGroup group, int32_t state_id) {
  const int32_t numbers[] = {group.value(), state_id};
  std::string head;
  for (const int32_t number : numbers) {
    head.push_back(static_cast<char>(number >> 8));
    head.push_back(static_cast<char>(number));
  }
  return head;
}

std::string EndOfPrefix(absl::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff) {
    end.pop_back();
  }
  if (!end.empty()) ++end.back();
  return end;
}

void StoreRun::Append(absl::string_view key_head, absl::string_view key,
                      absl::string_view value, bool erased) {
  const size_t needed = key_head.size() + key.size() + value.size();
  if (needed > chunk_left_) {
    chunk_left_ = std::max(kChunkBytes, needed);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_left_));
    next_ = chunks_.back().get();
  }
  places_.push_back(
      {.bytes = next_,
       .key_bytes = static_cast<uint32_t>(key_head.size() + key.size()),
       .value_bytes = static_cast<uint32_t>(value.size()),
       .erased = erased});
  for (const absl::string_view part : {key_head, key, value}) {
    if (!part.empty()) std::memcpy(next_, part.data(), part.size());
    next_ += part.size();
  }
  chunk_left_ -= needed;
  size_bytes_ += needed + sizeof(Place);
}

void StoreRun::Seal() {
  for (Place& place : places_) {
    char start[12] = {};
    std::memcpy(start, place.bytes,
                std::min<size_t>(place.key_bytes, sizeof start));
    std::memcpy(&place.head, start, 4);
    std::memcpy(&place.key_start, start + 4, 8);
    place.head = __builtin_bswap32(place.head);
    place.key_start = __builtin_bswap64(place.key_start);
  }
  SortStretches();
}

// What is put in order at once has one head: such stretches are moved together,
// and those that are in order already are only looked at.
void StoreRun::SortStretches() {
  const auto less = [](const Place& a, const Place& b) {
    if (a.key_start != b.key_start) return a.key_start < b.key_start;
    return KeyOf(a) < KeyOf(b);
  };
  struct Stretch {
    uint32_t head;
    size_t first;
    size_t limit;
  };
  std::vector<Stretch> stretches;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (i == 0 || places_[i].head != places_[i - 1].head) {
      stretches.push_back({.head = places_[i].head, .first = i});
    }
    stretches.back().limit = i + 1;
  }
  std::stable_sort(
      stretches.begin(), stretches.end(),
      [](const Stretch& a, const Stretch& b) { return a.head < b.head; });
  std::vector<Place> sorted;
  sorted.reserve(places_.size());
  for (size_t i = 0; i < stretches.size();) {
    const auto first = static_cast<ptrdiff_t>(sorted.size());
    const uint32_t head = stretches[i].head;
    for (; i < stretches.size() && stretches[i].head == head; ++i) {
      sorted.insert(sorted.end(), places_.begin() + stretches[i].first,
                    places_.begin() + stretches[i].limit);
    }
    if (!std::is_sorted(sorted.begin() + first, sorted.end(), less)) {
      std::sort(sorted.begin() + first, sorted.end(), less);
    }
  }
  places_ = std::move(sorted);
}

StoreRun::Entry StoreRun::entry(size_t index) const {
  const Place& place = places_[index];
  return {.key = KeyOf(place),
          .value = {place.bytes + place.key_bytes, place.value_bytes},
          .erased = place.erased};
}

size_t StoreRun::LowerBound(absl::string_view key) const {
  return std::lower_bound(places_.begin(), places_.end(), key,
                          [](const Place& a, absl::string_view b) {
                            return KeyOf(a) < b;
                          }) -
         places_.begin();
}

void StoreRun::ForEach(absl::string_view prefix,
                       absl::FunctionRef<void(const Entry&)> visit) const {
  for (size_t i = LowerBound(prefix); i < size(); ++i) {
    if (!absl::StartsWith(KeyOf(places_[i]), prefix)) return;
    visit(entry(i));
  }
}

std::optional<StoreRun::Entry> StoreRun::Find(absl::string_view key) const {
  const size_t place = LowerBound(key);
  if (place < size() && KeyOf(places_[place]) == key) return entry(place);
  for (const Range& range : dropped_) {
    if (range.first <= key && (range.limit.empty() || key < range.limit)) {
      return Entry{.key = key, .erased = true};
    }
  }
  return std::nullopt;
}

}  // namespace millrace
