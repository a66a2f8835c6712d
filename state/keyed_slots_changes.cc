// What a KeyedSlots knows of its entries since the last snapshot, and over a
// store.

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "state/frozen_slots.h"
#include "state/keyed_slots.h"
#include "state/scattered_places.h"

namespace millrace {
namespace {

// As many entries ahead as cover DRAM's latency.
constexpr uint32_t kFetched = 12;

}  // namespace

class KeyedSlots::FrozenView final : public FrozenTable {
 public:
  using Writer = std::function<absl::Status(const char* slot)>;
  FrozenView(KeyedSlots* table, Writer write)
      : table_(table), write_(std::move(write)) {}
  ~FrozenView() override { table_->frozen_ = nullptr; }

  void Fetch(uint64_t position) const override {
    const char* const entry = table_->EntryAt(position);
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + table_->stride_ - 1);
  }
  absl::Status Write(uint64_t position) override {
    if (table_->HashAt(position) == 0) return absl::OkStatus();
    return write_(table_->EntryAt(position) + 8 + table_->cell_bytes_);
  }
  void TakeBack(SlotBits bits) override { table_->spare_ = std::move(bits); }

 private:
  KeyedSlots* const table_;
  const Writer write_;
};

absl::Status KeyedSlots::Settle() {
  erased_.clear();
  if (!is_settled_ && limit_ > 0) {
    ASSIGN_OR_RETURN(marks_, ChangeMarks::Make(capacity(), options_.memory,
                                               options_.owner));
  } else if (changed_ && marks_.is_on()) {
    marks_.UnmarkAll();
  }
  is_settled_ = true;
  changed_ = false;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SnapshotRest>> KeyedSlots::Freeze(
    SnapshotWriter::Extent extent,
    std::function<absl::Status(const char* slot)> write) {
  MILLRACE_CHECK(frozen_ == nullptr);
  const bool all =
      extent == SnapshotWriter::Extent::kAll || !is_settled_;
  const bool any = size_ > 0 && (all || changed_);
  if (!any) {
    RETURN_IF_ERROR(Settle());
    return nullptr;
  }
  ASSIGN_OR_RETURN(SlotBits pending,
                   SlotBits::MakeFrom(spare_, capacity(), options_.memory,
                                      options_.owner));
  all ? pending.Fill() : pending.CopyFrom(marks_.changed());
  RETURN_IF_ERROR(Settle());
  auto frozen = std::make_unique<FrozenSlots>(
      std::make_unique<FrozenView>(this, std::move(write)),
      std::move(pending));
  frozen_ = frozen.get();
  return frozen;
}

// The homes of the group are one run of bits; entries are fetched some ahead
// of their visit. Displaced entries lie behind the run, before the next gap.
void KeyedSlots::ForEachChangedInGroup(
    KeyGroup group, int max_parallelism,
    absl::FunctionRef<void(char* slot)> visit) const {
  if (!is_settled_) return ForEachInGroup(group, max_parallelism, visit);
  if (!changed_ || size_ == 0) return;
  const auto visit_own = [&](uint64_t position) {
    if (KeyGroupOf(HashAt(position), max_parallelism) == group.value()) {
      visit(EntryAt(position) + 8 + cell_bytes_);
    }
  };
  const HashRange hashes = OwnHashes(group, max_parallelism);
  const uint64_t first = HomeOf(hashes.first);
  const uint64_t last = HomeOf(hashes.last);
  uint64_t fetched[kFetched];
  uint64_t count = 0;
  for (uint64_t word = first >> 6; word <= last >> 6; ++word) {
    uint64_t bits = marks_.changed()[word];
    if (word == first >> 6) bits &= ~uint64_t{0} << (first & 63);
    if (word == last >> 6) bits &= ~uint64_t{0} >> (63 - (last & 63));
    for (; bits != 0; bits &= bits - 1) {
      const uint64_t position = word * 64 + std::countr_zero(bits);
      __builtin_prefetch(EntryAt(position));
      __builtin_prefetch(EntryAt(position) + stride_ - 1);
      uint64_t& place = fetched[count % kFetched];
      if (count++ >= kFetched) visit_own(place);
      place = position;
    }
  }
  for (uint64_t i = count < kFetched ? 0 : count - kFetched; i < count; ++i) {
    visit_own(fetched[i % kFetched]);
  }
  for (uint64_t position = (last + 1) & mask_;
       position != first && HashAt(position) != 0;
       position = (position + 1) & mask_) {
    if (marks_.IsChanged(position)) visit_own(position);
  }
}

std::vector<KeyedSlots::ErasedKey> KeyedSlots::ErasedKeys() const {
  std::vector<ErasedKey> gone;
  char cell[32];
  for (const auto& [key, hash] : erased_) {
    options_.layout.SetCell(key, cell);
    char* slot = nullptr;
    Find({.count = 1, .hashes = &hash, .cells = cell}, &slot);
    if (slot == nullptr) gone.push_back({.hash = hash, .key = key});
  }
  std::sort(gone.begin(), gone.end(),
            [](const ErasedKey& a, const ErasedKey& b) {
              return a.hash < b.hash;
            });
  return gone;
}

void KeyedSlots::FindUnknown(const PackedKeys& keys,
                             std::vector<uint32_t>& rows) {
  found_.resize(keys.count);
  Find(keys, found_.data());
  for (uint32_t i = 0; i < keys.count; ++i) {
    if (found_[i] != nullptr) continue;
    const absl::string_view key = options_.layout.Bytes(
        keys.cells + size_t{i} * cell_bytes_, keys.hashes[i]);
    if (erased_.empty() || !erased_.contains(key)) rows.push_back(i);
  }
}

absl::StatusOr<char*> KeyedSlots::Admit(absl::string_view key, uint64_t hash) {
  const bool changed = changed_;
  char* slot = nullptr;
  RETURN_IF_ERROR(FindOrInsertOne(key, hash, &slot));
  changed_ = changed;
  marks_.MarkRead(PositionOf(slot));
  return slot;
}

// One round for what is cold, and another for what had changed of late.
uint64_t KeyedSlots::Evict(uint64_t count,
                           absl::FunctionRef<void(char* slot)> leave) {
  if (frozen_ != nullptr) return 0;  // The store has not all of it yet.
  uint64_t taken = 0;
  for (const bool recent_too : {false, true}) {
    for (uint64_t step = 0; step <= mask_ && taken < count && size_ > 0;
         ++step, ++hand_) {
      const uint64_t position = ScatteredPlace(hand_, mask_);
      const auto may_go = [&] {
        return recent_too ? !marks_.IsChanged(position)
                          : marks_.IsCold(position);
      };
      // Another entry may move to where one has left.
      while (taken < count && may_go() && HashAt(position) != 0) {
        leave(EntryAt(position) + 8 + cell_bytes_);
        RemoveAt(position);
        ++taken;
      }
    }
  }
  return taken;
}

}  // namespace millrace
