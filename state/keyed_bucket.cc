#include "state/keyed_bucket.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace millrace {
namespace {

// Not worth moving the rest for.
constexpr size_t kFewBytes = 256;

}  // namespace

KeyedBucket::Item KeyedBucket::item(size_t place) const {
  const Place& at = places_[place];
  return {.sort_key = SortKeyOf(at),
          .row = {bytes_.data() + at.offset + at.sort_key_bytes, at.row_bytes},
          .number = at.number,
          .is_settled = at.is_settled};
}

size_t KeyedBucket::LowerBound(absl::string_view sort_key) const {
  return std::lower_bound(places_.begin(), places_.end(), sort_key,
                          [this](const Place& a, absl::string_view b) {
                            return SortKeyOf(a) < b;
                          }) -
         places_.begin();
}

void KeyedBucket::Add(const Item& item) {
  MILLRACE_CHECK(bytes_.size() + item.sort_key.size() + item.row.size() <=
                 UINT32_MAX);
  const Place added = {
      .number = item.number,
      .offset = static_cast<uint32_t>(bytes_.size()),
      .sort_key_bytes = static_cast<uint32_t>(item.sort_key.size()),
      .row_bytes = static_cast<uint32_t>(item.row.size()),
      .is_settled = item.is_settled};
  bytes_.append(item.sort_key.data(), item.sort_key.size());
  bytes_.append(item.row.data(), item.row.size());
  next_number_ = std::max(next_number_, item.number + 1);
  // Mostly the last: then nothing moves.
  const auto at = std::upper_bound(
      places_.begin(), places_.end(), added,
      [this](const Place& a, const Place& b) {
        const int order = SortKeyOf(a).compare(SortKeyOf(b));
        return order != 0 ? order < 0 : a.number < b.number;
      });
  places_.insert(at, added);
}

size_t KeyedBucket::Find(absl::string_view sort_key,
                         absl::string_view row) const {
  for (size_t place = LowerBound(sort_key); place < places_.size(); ++place) {
    const Item at = item(place);
    if (at.sort_key != sort_key) break;
    if (at.row == row) return place;
  }
  return places_.size();
}

void KeyedBucket::Remove(size_t place) {
  dead_bytes_ += places_[place].sort_key_bytes + places_[place].row_bytes;
  places_.erase(places_.begin() + static_cast<int64_t>(place));
  if (dead_bytes_ > kFewBytes && dead_bytes_ > bytes_.size() / 2) {
    DropDeadBytes();
  }
}

void KeyedBucket::DropDeadBytes() {
  std::string kept;
  kept.reserve(bytes_.size() - dead_bytes_);
  for (Place& place : places_) {
    const size_t offset = kept.size();
    kept.append(bytes_, place.offset, place.sort_key_bytes + place.row_bytes);
    place.offset = static_cast<uint32_t>(offset);
  }
  bytes_ = std::move(kept);
  dead_bytes_ = 0;
}

void KeyedBucket::Settle() {
  for (Place& place : places_) place.is_settled = true;
}

}  // namespace millrace
