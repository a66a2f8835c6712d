#include "runtime/operators/distinct_words.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "state/scattered_places.h"

namespace millrace {
namespace {

constexpr uint64_t kFirstCapacity = TableFill::kLeastCapacity;
constexpr uint64_t kGrowFastBelow = TableFill::kSmallCapacity;
constexpr uint64_t kLimitEighths = 6;
// As in KeyedSlots: a table cleared keeps its room if it was well used.
constexpr uint64_t kKeepBelow = 4096;
constexpr uint64_t kKeepAbovePart = 32;
// As many values ahead as cover DRAM's latency.
constexpr uint32_t kAhead = 16;

constexpr uint64_t LimitOf(uint64_t capacity) {
  return capacity / 8 * kLimitEighths;
}

}  // namespace

class DistinctWords::FrozenView final : public FrozenTable {
 public:
  using Writer = std::function<absl::Status(const Entry&)>;
  FrozenView(DistinctWords* table, Writer write)
      : table_(table), write_(std::move(write)) {}
  ~FrozenView() override { table_->frozen_ = nullptr; }

  void Fetch(uint64_t position) const override {
    __builtin_prefetch(table_->entries() + position);
  }
  absl::Status Write(uint64_t position) override {
    Entry entry = table_->entries()[position];
    entry.bits &= ~kLookedUp;
    return entry.bits == 0 ? absl::OkStatus() : write_(entry);
  }
  void TakeBack(SlotBits bits) override { table_->spare_ = std::move(bits); }

 private:
  DistinctWords* const table_;
  const Writer write_;
};

DistinctWords::~DistinctWords() {
  if (frozen_ != nullptr) frozen_->Finish();
}

uint64_t DistinctWords::PlaceOf(uint64_t word, uint32_t group) const {
  uint64_t position = HomeOf(word, group);
  for (;; position = (position + 1) & (capacity_ - 1)) {
    const Entry& entry = entries()[position];
    if (entry.bits == 0 || (entry.word == word && entry.group == group)) {
      return position;
    }
  }
}

void DistinctWords::MarkChanged(uint64_t position) {
  if (!is_settled_ || changed_.Has(position)) return;
  changed_.Set(position, true);
  ++changed_count_;
}

absl::Status DistinctWords::Apply(const uint64_t* words,
                                  const uint32_t* groups,
                                  const uint64_t* masks, uint32_t count,
                                  uint64_t* changed) {
  FrozenSlots* const frozen = frozen_;
  for (uint32_t i = 0; i < count; ++i) {
    if (size_ >= limit_) RETURN_IF_ERROR(Grow());
    if (i + kAhead < count) {
      __builtin_prefetch(
          entries() + HomeOf(words[i + kAhead], groups[i + kAhead]), 1);
    }
    const auto mask = static_cast<uint32_t>(masks[i]);
    const uint64_t position = PlaceOf(words[i], groups[i]);
    Entry& entry = entries()[position];
    changed[i] = mask & ~entry.bits;
    if (changed[i] != 0) {
      if (frozen != nullptr) {
        entry.bits == 0 ? frozen->Forget(position) : frozen->Leave(position);
      }
      if (entry.bits == 0) {
        entry.word = words[i];
        entry.group = groups[i];
        ++size_;
      }
      entry.bits |= mask | kLookedUp;
      MarkChanged(position);
    } else if ((entry.bits & kLookedUp) == 0 && entry.bits != 0) {
      entry.bits |= kLookedUp;
    }
  }
  return absl::OkStatus();
}

absl::Status DistinctWords::Grow() {
  return MoveTo(capacity_ == 0
                    ? kFirstCapacity
                    : capacity_ * (capacity_ < kGrowFastBelow ? 4 : 2));
}

absl::Status DistinctWords::Reserve(uint64_t count) {
  if (count <= limit_) return absl::OkStatus();
  return MoveTo(std::bit_ceil(
      std::max(count / kLimitEighths * 8 + 8, kFirstCapacity)));
}

absl::Status DistinctWords::MoveTo(uint64_t new_capacity) {
  const uint64_t old_capacity = capacity_;
  ASSIGN_OR_RETURN(TableMemory memory,
                   TableMemory::Allocate(new_capacity * sizeof(Entry),
                                         memory_budget_, owner_));
  SlotBits changed;
  if (is_settled_) {
    ASSIGN_OR_RETURN(changed,
                     SlotBits::Make(new_capacity, memory_budget_, owner_));
  }
  SlotBits pending;
  if (frozen_ != nullptr) {
    ASSIGN_OR_RETURN(pending,
                     SlotBits::Make(new_capacity, memory_budget_, owner_));
  }
  std::swap(memory_, memory);
  std::swap(changed_, changed);
  capacity_ = new_capacity;
  shift_ = 64 - std::countr_zero(new_capacity);
  limit_ = LimitOf(new_capacity);
  const auto* old = reinterpret_cast<const Entry*>(memory.data());
  for (uint64_t i = 0; i < old_capacity; ++i) {
    if (old[i].bits == 0) continue;
    const uint64_t position = PlaceOf(old[i].word, old[i].group);
    entries()[position] = old[i];
    if (is_settled_ && changed.Has(i)) changed_.Set(position, true);
    if (frozen_ != nullptr && frozen_->IsPending(i)) {
      pending.Set(position, true);
    }
  }
  if (frozen_ != nullptr) frozen_->Exchange(std::move(pending));
  spare_ = SlotBits();
  return absl::OkStatus();
}

uint32_t DistinctWords::Scan(uint64_t* position, uint32_t limit,
                             Entry* out) const {
  uint32_t count = 0;
  uint64_t at = *position;
  for (; at < capacity_ && count < limit; ++at) {
    out[count] = entries()[at];
    out[count].bits &= ~kLookedUp;
    count += entries()[at].bits != 0;
  }
  *position = at;
  return count;
}

uint32_t DistinctWords::ScanChanged(uint64_t* position, uint32_t limit,
                                    Entry* out) const {
  if (!is_settled_) return Scan(position, limit, out);
  uint32_t count = 0;
  uint64_t at = *position;
  while (at < capacity_ && count < limit) {
    const uint64_t bits = changed_.word(at >> 6) >> (at & 63);
    if (bits == 0) {
      at = (at | 63) + 1;
      continue;
    }
    at += std::countr_zero(bits);
    out[count] = entries()[at++];
    out[count++].bits &= ~kLookedUp;
  }
  *position = at;
  return count;
}

absl::Status DistinctWords::Settle() {
  if (capacity_ > 0 && !is_settled_) {
    ASSIGN_OR_RETURN(changed_,
                     SlotBits::Make(capacity_, memory_budget_, owner_));
  } else if (changed_count_ > 0) {
    changed_.Wipe();
  }
  changed_count_ = 0;
  is_settled_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SnapshotRest>> DistinctWords::Freeze(
    SnapshotWriter::Extent extent,
    std::function<absl::Status(const Entry&)> write) {
  MILLRACE_CHECK(frozen_ == nullptr);
  const bool all = extent == SnapshotWriter::Extent::kAll || !is_settled_;
  std::unique_ptr<FrozenSlots> frozen;
  if (size_ > 0 && (all || changed_count_ > 0)) {
    ASSIGN_OR_RETURN(
        SlotBits pending,
        SlotBits::MakeFrom(spare_, capacity_, memory_budget_, owner_));
    if (all) {
      pending.Fill();
    } else {
      std::swap(pending, changed_);
      changed_count_ = 0;
    }
    frozen = std::make_unique<FrozenSlots>(
        std::make_unique<FrozenView>(this, std::move(write)),
        std::move(pending));
    frozen_ = frozen.get();
  }
  RETURN_IF_ERROR(Settle());
  return frozen;
}

void DistinctWords::Clear() {
  if (frozen_ != nullptr) frozen_->Finish();
  if (capacity_ > kKeepBelow && size_ < capacity_ / kKeepAbovePart) {
    memory_ = TableMemory();
    capacity_ = limit_ = 0;
  } else if (size_ > 0) {
    std::memset(memory_.data(), 0, capacity_ * sizeof(Entry));
  }
  size_ = changed_count_ = 0;
  is_settled_ = false;
  changed_ = SlotBits();
  spare_ = SlotBits();
}

void DistinctWords::FindUnknown(const uint64_t* words, const uint32_t* groups,
                                uint32_t count,
                                std::vector<uint32_t>& rows) const {
  for (uint32_t i = 0; i < count; ++i) {
    if (size_ > 0) {
      if (i + kAhead < count) {
        __builtin_prefetch(
            entries() + HomeOf(words[i + kAhead], groups[i + kAhead]));
      }
      if (entries()[PlaceOf(words[i], groups[i])].bits != 0) continue;
    }
    rows.push_back(i);
  }
}

absl::Status DistinctWords::Admit(const Entry& entry) {
  if (size_ >= limit_) RETURN_IF_ERROR(Grow());
  const uint64_t position = PlaceOf(entry.word, entry.group);
  Entry& place = entries()[position];
  if (frozen_ != nullptr) {
    place.bits == 0 ? frozen_->Forget(position) : frozen_->Leave(position);
  }
  size_ += place.bits == 0;
  place = {.word = entry.word,
           .group = entry.group,
           .bits = place.bits | entry.bits | kLookedUp};
  return absl::OkStatus();
}

uint64_t DistinctWords::Evict(uint64_t count) {
  if (frozen_ != nullptr) return 0;  // The store has not all of it yet.
  uint64_t taken = 0;
  for (uint64_t step = 0; step < 2 * capacity_ && taken < count && size_ > 0;
       ++step, ++hand_) {
    const uint64_t position = ScatteredPlace(hand_, capacity_ - 1);
    Entry& entry = entries()[position];
    // Another entry may move to where one has left.
    while (taken < count && entry.bits != 0 && !changed_.Has(position) &&
           (entry.bits & kLookedUp) == 0) {
      RemoveAt(position);
      ++taken;
    }
    if (entry.bits != 0) entry.bits &= ~kLookedUp;
  }
  return taken;
}

// Entries behind the hole move back as long as that brings them no farther
// before their homes.
void DistinctWords::RemoveAt(uint64_t position) {
  const uint64_t mask = capacity_ - 1;
  uint64_t hole = position;
  for (uint64_t next = (hole + 1) & mask; entries()[next].bits != 0;
       next = (next + 1) & mask) {
    const Entry& entry = entries()[next];
    const uint64_t home = HomeOf(entry.word, entry.group);
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    entries()[hole] = entry;
    changed_.Set(hole, changed_.Has(next));
    hole = next;
  }
  entries()[hole] = Entry();
  changed_.Set(hole, false);
  --size_;
}

// A little fuller than tables are: parts are not all alike.
uint64_t DistinctWords::FillPart(int part, uint64_t size,
                                 std::span<const Entry> added,
                                 std::vector<Entry>& left) {
  const uint64_t places = capacity_ / kParts;
  const uint64_t limit = (static_cast<uint64_t>(part) + 1) * places;
  const uint64_t room = places / 8 * (kLimitEighths + 1);
  uint64_t taken = 0;
  for (size_t i = 0; i < added.size(); ++i) {
    if (i + kAhead < added.size()) {
      const Entry& ahead = added[i + kAhead];
      __builtin_prefetch(entries() + HomeOf(ahead.word, ahead.group), 1);
    }
    uint64_t position = HomeOf(added[i].word, added[i].group);
    while (position < limit && entries()[position].bits != 0) ++position;
    if (position == limit || size + taken >= room) {
      left.push_back(added[i]);
      continue;
    }
    entries()[position] = added[i];
    ++taken;
  }
  return taken;
}

double DistinctWords::MeanDistance() const {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < capacity_; ++i) {
    const Entry& entry = entries()[i];
    if (entry.bits == 0) continue;
    sum += (i - HomeOf(entry.word, entry.group)) & (capacity_ - 1);
  }
  return size_ == 0 ? 0
                    : static_cast<double>(sum) / static_cast<double>(size_);
}

TableFill DistinctWords::fill() const {
  const double place_bytes = sizeof(Entry) + 0.125;
  return {.size = size_,
          .capacity = capacity_,
          .limit_eighths = kLimitEighths,
          .held_bytes = static_cast<int64_t>(
              place_bytes * static_cast<double>(capacity_)),
          .place_bytes = place_bytes,
          .changed = changed_count_};
}

void DistinctWords::ShrinkTo(uint64_t new_capacity) {
  if (new_capacity >= capacity_ || size_ > LimitOf(new_capacity)) return;
  (void)MoveTo(new_capacity);  // Fails before it has changed anything.
}

}  // namespace millrace
