#include "state/store_run.h"

#include <algorithm>
#include <cstring>

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
  size_bytes_ += needed;
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
  std::sort(places_.begin(), places_.end(),
            [this](const Place& a, const Place& b) {
              if (a.head != b.head) return a.head < b.head;
              if (a.key_start != b.key_start) return a.key_start < b.key_start;
              return KeyOf(a) < KeyOf(b);
            });
}

StoreRun::Entry StoreRun::entry(size_t index) const {
  const Place& place = places_[index];
  return {.key = KeyOf(place),
          .value = {place.bytes + place.key_bytes, place.value_bytes},
          .erased = place.erased};
}

size_t StoreRun::LowerBound(absl::string_view key) const {
  return std::lower_bound(places_.begin(), places_.end(), key,
                          [this](const Place& a, absl::string_view b) {
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
