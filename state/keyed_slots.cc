#include "state/keyed_slots.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "state/frozen_slots.h"

namespace millrace {
namespace {

constexpr uint64_t kFirstCapacity = TableFill::kLeastCapacity;
// Small tables grow by 4: they are cheap, and rehashing is not.
constexpr uint64_t kGrowFastBelow = TableFill::kSmallCapacity;
// A cleared table keeps its room where it is small, or was well used: wiping a
// large one for a few entries costs more than growing again.
constexpr uint64_t kKeepBelow = 4096;
constexpr uint64_t kKeepAbovePart = 32;
// How many keys ahead a batch's entries are fetched: covers DRAM's ~100 ns at
// ~8 ns a key.
constexpr uint32_t kAhead = 12;

// The hash 0 marks an empty entry; the key that has it lives under 1.
constexpr uint64_t Stored(uint64_t hash) { return hash + (hash == 0); }

uint64_t Load(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, 8);
  return word;
}

// Keys too long for the cell: equal lengths and prefixes, then the bytes.
bool SameLong(const char* a, const char* b, uint32_t inline_bytes) {
  uint32_t length;
  std::memcpy(&length, a, 4);
  if (length <= inline_bytes || Load(a) != Load(b)) return false;
  const char* a_bytes;
  const char* b_bytes;
  std::memcpy(&a_bytes, a + 8, 8);
  std::memcpy(&b_bytes, b + 8, 8);
  return std::memcmp(a_bytes, b_bytes, length) == 0;
}

template <uint32_t kCell>
bool SameKey(const char* a, const char* b) {
  uint64_t difference = 0;
  for (uint32_t i = 0; i < kCell; i += 8) {
    difference |= Load(a + i) ^ Load(b + i);
  }
  if (difference == 0) return true;
  return kCell > 8 && SameLong(a, b, kCell - 4);
}

}  // namespace

KeyedSlots::KeyedSlots(Options options)
    : options_(std::move(options)),
      cell_bytes_(CellBytes(options_.layout.form)),
      heap_(std::make_unique<SlotHeap>(options_.memory, options_.owner)) {
  options_.slot_bytes = (options_.slot_bytes + 7) / 8 * 8;
  stride_ = 8 + cell_bytes_ + options_.slot_bytes;
}

KeyedSlots::~KeyedSlots() {
  if (frozen_ != nullptr) frozen_->Finish();
}

bool KeyedSlots::IsLong(const char* cell, uint32_t* length) const {
  if (cell_bytes_ == 8) return false;
  std::memcpy(length, cell, 4);
  return *length > InlineBytes(options_.layout.form);
}

template <uint32_t kCell>
uint32_t KeyedSlots::FindOrInsertFrom(const PackedKeys& keys, uint32_t first,
                                      char** slots, uint8_t* inserted) {
  uint64_t* const changed = marks_.changed();
  uint64_t marked = 0;
  FrozenSlots* const frozen = frozen_;
  for (uint32_t i = first; i < keys.count; ++i) {
    if (i + kAhead < keys.count) {
      const char* ahead = EntryAt(HomeOf(keys.hashes[i + kAhead]));
      __builtin_prefetch(ahead, 1);
      __builtin_prefetch(ahead + stride_ - 1, 1);
    }
    const uint64_t hash = Stored(keys.hashes[i]);
    const char* cell = keys.cells + size_t{i} * kCell;
    for (uint64_t position = HomeOf(hash);; position = (position + 1) & mask_) {
      char* entry = EntryAt(position);
      const uint64_t found = Load(entry);
      if (found == hash && SameKey<kCell>(entry + 8, cell)) {
        slots[i] = entry + 8 + kCell;
        if (changed != nullptr) marked += ChangeMarks::Set(changed, position);
        if (frozen != nullptr) frozen->Leave(position);
        break;
      }
      if (found != 0) continue;
      if (size_ >= limit_) {
        marks_.Count(marked);
        return i;
      }
      ++size_;
      if (changed != nullptr) marks_.MarkFresh(position);
      if (frozen != nullptr) frozen->Forget(position);
      std::memcpy(entry, &hash, 8);
      std::memcpy(entry + 8, cell, kCell);
      uint32_t length;
      if (IsLong(cell, &length)) {
        const absl::string_view bytes = options_.layout.Bytes(cell, hash);
        char* copy = heap_->Allocate(length);
        std::memcpy(copy, bytes.data(), length);
        std::memcpy(entry + 16, &copy, 8);
      }
      slots[i] = entry + 8 + kCell;
      if (inserted != nullptr) inserted[i] = 1;
      break;
    }
  }
  marks_.Count(marked);
  return keys.count;
}

absl::Status KeyedSlots::FindOrInsert(const PackedKeys& keys, char** slots,
                                      uint8_t* inserted) {
  if (inserted != nullptr) std::memset(inserted, 0, keys.count);
  changed_ = true;
  if (limit_ == 0) RETURN_IF_ERROR(GrowTo(kFirstCapacity));
  uint32_t first = 0;
  for (;;) {
    uint32_t done = 0;
    switch (cell_bytes_) {
      case 8: done = FindOrInsertFrom<8>(keys, first, slots, inserted); break;
      case 16: done = FindOrInsertFrom<16>(keys, first, slots, inserted); break;
      default: done = FindOrInsertFrom<32>(keys, first, slots, inserted); break;
    }
    if (done == keys.count) return heap_->status();
    RETURN_IF_ERROR(
        GrowTo(capacity() * (capacity() < kGrowFastBelow ? 4 : 2)));
    // The slots found so far have moved; who was new stays known.
    PackedKeys moved = keys;
    moved.count = done;
    Find(moved, slots);
    first = done;
  }
}

absl::Status KeyedSlots::FindOrInsertOne(absl::string_view key, uint64_t hash,
                                         char** slot) {
  char cell[32];
  options_.layout.SetCell(key, cell);
  return FindOrInsert({.count = 1, .hashes = &hash, .cells = cell}, slot,
                      nullptr);
}

template <uint32_t kCell>
void KeyedSlots::FindAll(const PackedKeys& keys, char** slots) const {
  for (uint32_t i = 0; i < keys.count; ++i) {
    if (i + kAhead < keys.count) {
      __builtin_prefetch(EntryAt(HomeOf(keys.hashes[i + kAhead])));
    }
    const uint64_t hash = Stored(keys.hashes[i]);
    const char* cell = keys.cells + size_t{i} * kCell;
    slots[i] = nullptr;
    for (uint64_t position = HomeOf(hash);; position = (position + 1) & mask_) {
      char* entry = EntryAt(position);
      const uint64_t found = Load(entry);
      if (found == 0) break;
      if (found == hash && SameKey<kCell>(entry + 8, cell)) {
        slots[i] = entry + 8 + kCell;
        break;
      }
    }
  }
}

void KeyedSlots::Find(const PackedKeys& keys, char** slots) const {
  if (size_ == 0) {
    std::fill_n(slots, keys.count, nullptr);
    return;
  }
  switch (cell_bytes_) {
    case 8: return FindAll<8>(keys, slots);
    case 16: return FindAll<16>(keys, slots);
    default: return FindAll<32>(keys, slots);
  }
}

void KeyedSlots::Erase(char* slot) {
  const uint64_t position = PositionOf(slot);
  changed_ = true;
  if (frozen_ != nullptr) frozen_->Leave(position);
  if (marks_.is_on() && !marks_.IsFresh(position)) {
    erased_.emplace(key(slot), hash(slot));
  }
  RemoveAt(position);
}

// Entries behind the hole move back as long as that brings them nearer to
// their homes; so no probe ever meets a gap before its key.
void KeyedSlots::RemoveAt(uint64_t hole) {
  const char* slot = EntryAt(hole) + 8 + cell_bytes_;
  uint32_t length;
  if (IsLong(cell(slot), &length)) {
    const absl::string_view bytes = key(slot);
    heap_->Free(const_cast<char*>(bytes.data()), length);
  }
  for (uint64_t next = (hole + 1) & mask_; HashAt(next) != 0;
       next = (next + 1) & mask_) {
    const uint64_t home = HomeOf(HashAt(next));
    if (((next - home) & mask_) < ((next - hole) & mask_)) continue;
    std::memcpy(EntryAt(hole), EntryAt(next), stride_);
    if (marks_.is_on()) marks_.Copy(marks_, next, hole);
    if (frozen_ != nullptr) frozen_->Move(next, hole);
    hole = next;
  }
  std::memset(EntryAt(hole), 0, stride_);
  if (marks_.is_on()) marks_.Unmark(hole);
  --size_;
}

absl::Status KeyedSlots::GrowTo(uint64_t new_capacity) {
  ASSIGN_OR_RETURN(TableMemory larger,
                   TableMemory::Allocate(new_capacity * stride_,
                                         options_.memory, options_.owner));
  ChangeMarks marks;
  if (is_settled_) {
    ASSIGN_OR_RETURN(marks, ChangeMarks::Make(new_capacity, options_.memory,
                                              options_.owner));
  }
  SlotBits pending;
  if (frozen_ != nullptr) {
    ASSIGN_OR_RETURN(pending, SlotBits::Make(new_capacity, options_.memory,
                                             options_.owner));
  }
  const uint64_t old_capacity = limit_ == 0 ? 0 : capacity();
  std::swap(memory_, larger);
  mask_ = new_capacity - 1;
  const unsigned __int128 hash_count =
      static_cast<unsigned __int128>(options_.hashes.last -
                                     options_.hashes.first) +
      1;
  homes_per_hash_ = static_cast<uint64_t>(
      (static_cast<unsigned __int128>(new_capacity) << 64) / hash_count);
  limit_ = new_capacity / 8 * kLimitEighths;
  for (uint64_t i = 0; i < old_capacity; ++i) {
    const char* entry = larger.data() + i * stride_;
    const uint64_t hash = Load(entry);
    if (hash == 0) continue;
    uint64_t position = HomeOf(hash);
    while (HashAt(position) != 0) position = (position + 1) & mask_;
    std::memcpy(EntryAt(position), entry, stride_);
    if (marks_.is_on()) marks.Copy(marks_, i, position);
    if (frozen_ != nullptr && frozen_->IsPending(i)) {
      pending.Set(position, true);
    }
  }
  marks_ = std::move(marks);
  if (frozen_ != nullptr) frozen_->Exchange(std::move(pending));
  spare_ = SlotBits();
  return absl::OkStatus();
}

void KeyedSlots::Clear() {
  if (frozen_ != nullptr) frozen_->Finish();
  if (capacity() > kKeepBelow && size_ < capacity() / kKeepAbovePart) {
    memory_ = TableMemory();
    mask_ = limit_ = 0;
    homes_per_hash_ = 0;
  } else if (size_ > 0) {
    std::memset(memory_.data(), 0, capacity() * stride_);
  }
  size_ = 0;
  heap_ = std::make_unique<SlotHeap>(options_.memory, options_.owner);
  is_settled_ = changed_ = false;
  marks_ = ChangeMarks();
  spare_ = SlotBits();
  erased_.clear();
}

uint32_t KeyedSlots::Scan(uint64_t* position, uint32_t limit,
                          char** slots) const {
  if (size_ == 0) return 0;
  uint32_t count = 0;
  uint64_t at = *position;
  for (; at <= mask_ && count < limit; ++at) {
    char* entry = EntryAt(at);
    slots[count] = entry + 8 + cell_bytes_;
    count += Load(entry) != 0;
  }
  *position = at;
  return count;
}

// A group may reach beyond the table's hashes, which have no homes.
HashRange KeyedSlots::OwnHashes(KeyGroup group, int max_parallelism) const {
  const HashRange hashes = HashesOf({group, group.Next()}, max_parallelism);
  const HashRange& own = options_.hashes;
  return {.first = std::clamp(hashes.first, own.first, own.last),
          .last = std::clamp(hashes.last, own.first, own.last)};
}

void KeyedSlots::ForEachInGroup(
    KeyGroup group, int max_parallelism,
    absl::FunctionRef<void(char* slot)> visit) const {
  if (size_ == 0) return;
  const HashRange hashes = OwnHashes(group, max_parallelism);
  const uint64_t first = HomeOf(hashes.first);
  const uint64_t run = HomeOf(hashes.last) - first + 1;
  for (uint64_t step = 0; step <= mask_; ++step) {
    const uint64_t position = (first + step) & mask_;
    const uint64_t hash = HashAt(position);
    if (hash == 0) {
      if (step >= run) return;  // Nothing was displaced beyond a gap.
      continue;
    }
    if (KeyGroupOf(hash, max_parallelism) == group.value()) {
      visit(EntryAt(position) + 8 + cell_bytes_);
    }
  }
}

}  // namespace millrace
