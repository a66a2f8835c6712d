#include "state/store_run.h"

#include <algorithm>

namespace millrace {

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
  places_.push_back(
      {.offset = bytes_.size(),
       .key_bytes = static_cast<uint32_t>(key_head.size() + key.size()),
       .value_bytes = static_cast<uint32_t>(value.size()),
       .erased = erased});
  bytes_.append(key_head.data(), key_head.size());
  bytes_.append(key.data(), key.size());
  bytes_.append(value.data(), value.size());
}

void StoreRun::Seal() {
  std::sort(places_.begin(), places_.end(),
            [this](const Place& a, const Place& b) {
              return KeyOf(a) < KeyOf(b);
            });
}

StoreRun::Entry StoreRun::entry(size_t index) const {
  const Place& place = places_[index];
  return {.key = KeyOf(place),
          .value = {bytes_.data() + place.offset + place.key_bytes,
                    place.value_bytes},
          .erased = place.erased};
}

std::optional<StoreRun::Entry> StoreRun::Find(absl::string_view key) const {
  const auto place = std::lower_bound(
      places_.begin(), places_.end(), key,
      [this](const Place& a, absl::string_view b) { return KeyOf(a) < b; });
  if (place != places_.end() && KeyOf(*place) == key) {
    return entry(place - places_.begin());
  }
  for (const Range& range : dropped_) {
    if (range.first <= key && (range.limit.empty() || key < range.limit)) {
      return Entry{.key = key, .erased = true};
    }
  }
  return std::nullopt;
}

}  // namespace millrace
