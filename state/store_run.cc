#include "state/store_run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_map.h"
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
  if (added_.empty() || added_.back().size() == kPiecePlaces) {
    const bool is_first = added_.empty();
    added_.emplace_back();
    if (!is_first) added_.back().reserve(kPiecePlaces);
  }
  added_.back().push_back(
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
  for (std::vector<Place>& piece : added_) {
    for (Place& place : piece) {
      char start[12] = {};
      std::memcpy(start, place.bytes,
                  std::min<size_t>(place.key_bytes, sizeof start));
      std::memcpy(&place.head, start, 4);
      std::memcpy(&place.key_start, start + 4, 8);
      place.head = __builtin_bswap32(place.head);
      place.key_start = __builtin_bswap64(place.key_start);
    }
  }
  SortPlaces();
  added_ = {};
}

// Heads are few, and in each what was put in order is only looked at.
void StoreRun::SortPlaces() {
  const auto for_each_stretch = [this](auto visit) {
    for (const std::vector<Place>& piece : added_) {
      for (auto first = piece.begin(); first != piece.end();) {
        const auto limit =
            std::find_if(first, piece.end(), [&](const Place& place) {
              return place.head != first->head;
            });
        visit(first, limit);
        first = limit;
      }
    }
  };
  absl::flat_hash_map<uint32_t, size_t> of_head;  // How many there are.
  for_each_stretch([&](auto first, auto limit) {
    of_head[first->head] += limit - first;
  });
  std::vector<uint32_t> heads;
  for (const auto& [head, count] : of_head) heads.push_back(head);
  std::sort(heads.begin(), heads.end());
  size_t count = 0;
  for (const uint32_t head : heads) {
    size_t& next = of_head[head];  // From here on, where its next one goes.
    count += std::exchange(next, count);
  }
  places_.resize(count);
  for_each_stretch([&](auto first, auto limit) {
    size_t& next = of_head[first->head];
    std::copy(first, limit, places_.begin() + next);
    next += limit - first;
  });
  auto first = places_.begin();
  for (const uint32_t head : heads) {
    const auto limit = places_.begin() + of_head[head];
    const auto less = [](const Place& a, const Place& b) {
      if (a.key_start != b.key_start) return a.key_start < b.key_start;
      return KeyOf(a) < KeyOf(b);
    };
    if (!std::is_sorted(first, limit, less)) std::sort(first, limit, less);
    first = limit;
  }
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
