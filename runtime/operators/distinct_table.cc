#include "runtime/operators/distinct_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr uint32_t kValueChunk = kMaxBatchRows;

// A word (8) and its group (4) fill the 12 bytes of a small cell exactly.
KeyLayout ComposedLayout(const KeyLayout& value) {
  return {.form = value.form == KeyForm::kWord ? KeyForm::kBytes16
                                               : KeyForm::kBytes32};
}

uint32_t SlotBytes(int call_count, bool retracts) {
  return retracts ? (static_cast<uint32_t>(call_count) * 4 + 7) / 8 * 8 : 8;
}

// Not persisted. The high bits, which find the home, depend on all of both.
uint64_t MixGroup(uint64_t value_hash, uint32_t group) {
  return (value_hash ^ (group * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
}

void SetWordCell(uint32_t group, uint64_t word, char* cell) {
  const uint64_t head = 12 | (uint64_t{group} << 32);
  std::memcpy(cell, &head, 8);
  std::memcpy(cell + 8, &word, 8);
}

}  // namespace

DistinctTable::DistinctTable(Options options)
    : options_(std::move(options)),
      packer_({options_.type}),
      slot_bytes_(SlotBytes(options_.call_count, options_.retracts)),
      table_({.layout = ComposedLayout(packer_.layout()),
              .slot_bytes = slot_bytes_,
              .memory = options_.memory,
              .owner = options_.owner}) {
  if (packer_.layout().form == KeyForm::kWord && !options_.retracts &&
      options_.call_count <= DistinctWords::kMaxCalls) {
    words_.emplace(options_.memory, options_.owner);
  }
}

void DistinctTable::Clear() {
  table_.Clear();
  if (words_) words_->Clear();
}

PackedKeys DistinctTable::Compose(const PackedKeys& values,
                                  const uint32_t* groups) {
  const uint32_t width = CellBytes(table_.layout().form);
  cells_.resize(size_t{values.count} * width);
  hashes_.resize(values.count);
  for (uint32_t i = 0; i < values.count; ++i) {
    hashes_[i] = MixGroup(values.hashes[i], groups[i]);
  }
  if (packer_.layout().form == KeyForm::kWord) {
    const auto* words = reinterpret_cast<const uint64_t*>(values.cells);
    for (uint32_t i = 0; i < values.count; ++i) {
      SetWordCell(groups[i], words[i], cells_.data() + size_t{i} * width);
    }
  } else {
    const uint32_t value_width = CellBytes(packer_.layout().form);
    long_keys_.resize(std::max<size_t>(long_keys_.size(), values.count));
    for (uint32_t i = 0; i < values.count; ++i) {
      const absl::string_view value = packer_.layout().Bytes(
          values.cells + size_t{i} * value_width, values.hashes[i]);
      long_keys_[i].assign(reinterpret_cast<const char*>(&groups[i]), 4);
      long_keys_[i].append(value.data(), value.size());
      table_.layout().SetCell(long_keys_[i],
                              cells_.data() + size_t{i} * width);
    }
  }
  return {.count = values.count, .hashes = hashes_.data(),
          .cells = cells_.data()};
}

uint64_t DistinctTable::ApplyBits(char* slot, uint64_t mask) const {
  auto& bits = *reinterpret_cast<uint64_t*>(slot);
  const uint64_t fresh = mask & ~bits;
  bits |= mask;
  return fresh;
}

uint64_t DistinctTable::ApplyCounters(char* slot, uint64_t mask,
                                      int32_t step) const {
  auto* counters = reinterpret_cast<int32_t*>(slot);
  uint64_t changed = 0;
  for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
    const int call = std::countr_zero(rest);
    const int32_t before = counters[call];
    counters[call] = before + step;
    // Present is a count above zero; a retraction may come first.
    if ((before > 0) != (before + step > 0)) changed |= uint64_t{1} << call;
  }
  return changed;
}

absl::Status DistinctTable::Apply(const Rows& rows, RowChange change,
                                  uint64_t* changed) {
  if (words_) {
    return words_->Apply(
        reinterpret_cast<const uint64_t*>(rows.values.cells), rows.groups,
        rows.masks, rows.values.count, changed);
  }
  const PackedKeys keys = Compose(rows.values, rows.groups);
  slots_.resize(keys.count);
  RETURN_IF_ERROR(table_.FindOrInsert(keys, slots_.data(), nullptr));
  if (!options_.retracts) {
    for (uint32_t i = 0; i < keys.count; ++i) {
      changed[i] = ApplyBits(slots_[i], rows.masks[i]);
    }
    return absl::OkStatus();
  }
  const int32_t step = change == RowChange::kAdd ? 1 : -1;
  for (uint32_t i = 0; i < keys.count; ++i) {
    changed[i] = ApplyCounters(slots_[i], rows.masks[i], step);
  }
  return EraseEmpty(keys);
}

// Looks keys up again, one at a time: an erasure moves the others' slots.
absl::Status DistinctTable::EraseEmpty(const PackedKeys& keys) {
  const std::string empty(slot_bytes_, '\0');
  const uint32_t width = CellBytes(table_.layout().form);
  for (uint32_t i = 0; i < keys.count; ++i) {
    PackedKeys one = {.count = 1, .hashes = keys.hashes + i,
                      .cells = keys.cells + size_t{i} * width};
    char* slot = nullptr;
    table_.Find(one, &slot);
    if (slot != nullptr && std::memcmp(slot, empty.data(), slot_bytes_) == 0) {
      table_.Erase(slot);
    }
  }
  table_.heap().Reclaim();
  return absl::OkStatus();
}

absl::Status DistinctTable::MergeWords(
    const DistinctWords& from, const uint32_t* new_ids,
    absl::FunctionRef<void(const Merged&)> changed) {
  std::vector<DistinctWords::Entry> entries(kValueChunk);
  std::vector<uint64_t> words(kValueChunk);
  std::vector<uint32_t> groups(kValueChunk);
  std::vector<uint64_t> masks(kValueChunk);
  std::vector<uint64_t> bits(kValueChunk);
  std::vector<const char*> cells(kValueChunk);
  // Values are never NULL, and so is no word by its hash.
  const std::vector<uint64_t> hashes(kValueChunk, ~NullWordHash());
  uint64_t position = 0;
  for (uint32_t count = kValueChunk; count == kValueChunk;) {
    count = from.Scan(&position, kValueChunk, entries.data());
    for (uint32_t i = 0; i < count; ++i) {
      words[i] = entries[i].word;
      groups[i] = new_ids[entries[i].group];
      masks[i] = entries[i].bits;
      cells[i] = reinterpret_cast<const char*>(&words[i]);
    }
    RETURN_IF_ERROR(words_->Apply(words.data(), groups.data(), masks.data(),
                                  count, bits.data()));
    const auto values = packer_.Unpack(cells.data(), hashes.data(), count);
    changed({.count = count, .groups = groups.data(),
             .values = values[0].get(), .changed = bits.data()});
  }
  return absl::OkStatus();
}

absl::Status DistinctTable::MergeFrom(
    const DistinctTable& from, const uint32_t* new_ids,
    absl::FunctionRef<void(const Merged&)> changed) {
  if (words_) return MergeWords(*from.words_, new_ids, changed);
  std::vector<char*> slots(kValueChunk);
  std::vector<uint32_t> groups(kValueChunk);
  std::vector<uint64_t> bits(kValueChunk);
  const KeyLayout& layout = packer_.layout();
  const uint32_t width = CellBytes(layout.form);
  std::vector<char> cells(size_t{kValueChunk} * width);
  std::vector<const char*> cell_pointers(kValueChunk);
  std::vector<uint64_t> hashes(kValueChunk);
  RETURN_IF_ERROR(table_.Reserve(from.size()));
  uint64_t position = 0;
  for (uint32_t count = kValueChunk; count == kValueChunk;) {
    count = from.table_.Scan(&position, kValueChunk, slots.data());
    for (uint32_t i = 0; i < count; ++i) {
      absl::string_view key = from.table_.key(slots[i]);
      uint32_t group;
      std::memcpy(&group, key.data(), 4);
      groups[i] = new_ids[group];
      key.remove_prefix(4);
      key = key.substr(0, layout.form == KeyForm::kWord ? layout.word_bytes
                                                        : key.size());
      cell_pointers[i] = cells.data() + size_t{i} * width;
      layout.SetCell(key, cells.data() + size_t{i} * width);
      hashes[i] = HashBytes(key);
    }
    const PackedKeys keys =
        Compose({.count = count, .hashes = hashes.data(),
                 .cells = cells.data()}, groups.data());
    slots_.resize(count);
    RETURN_IF_ERROR(table_.FindOrInsert(keys, slots_.data(), nullptr));
    for (uint32_t i = 0; i < count; ++i) {
      bits[i] = ApplyBits(slots_[i], *reinterpret_cast<uint64_t*>(slots[i]));
    }
    const auto values =
        packer_.Unpack(cell_pointers.data(), hashes.data(), count);
    changed({.count = count, .groups = groups.data(),
             .values = values[0].get(), .changed = bits.data()});
  }
  return absl::OkStatus();
}

DistinctTable::Entry DistinctTable::EntryOf(const DistinctWords::Entry& entry,
                                            const uint64_t& bits) const {
  return {.group = entry.group,
          .value = {reinterpret_cast<const char*>(&entry.word),
                    packer_.layout().word_bytes},
          .slot = {reinterpret_cast<const char*>(&bits), 8}};
}

DistinctTable::Entry DistinctTable::EntryOf(absl::string_view key) const {
  Entry entry = {.value = key.substr(4)};
  std::memcpy(&entry.group, key.data(), 4);
  if (packer_.layout().form == KeyForm::kWord) {
    entry.value = entry.value.substr(0, packer_.layout().word_bytes);
  }
  return entry;
}

void DistinctTable::ForEach(
    absl::FunctionRef<void(const Entry&)> visit) const {
  uint64_t position = 0;
  if (words_) {
    std::vector<DistinctWords::Entry> entries(kValueChunk);
    for (uint32_t count = kValueChunk; count == kValueChunk;) {
      count = words_->Scan(&position, kValueChunk, entries.data());
      for (uint32_t i = 0; i < count; ++i) {
        const uint64_t bits = entries[i].bits;
        visit(EntryOf(entries[i], bits));
      }
    }
    return;
  }
  std::vector<char*> slots(kValueChunk);
  for (uint32_t count = kValueChunk; count == kValueChunk;) {
    count = table_.Scan(&position, kValueChunk, slots.data());
    for (uint32_t i = 0; i < count; ++i) {
      Entry entry = EntryOf(table_.key(slots[i]));
      entry.slot = {slots[i], slot_bytes_};
      visit(entry);
    }
  }
}

void DistinctTable::ForEachChanged(
    absl::FunctionRef<void(const Entry&)> visit) const {
  if (words_) {
    uint64_t position = 0;
    std::vector<DistinctWords::Entry> entries(kValueChunk);
    for (uint32_t count = kValueChunk; count == kValueChunk;) {
      count = words_->ScanChanged(&position, kValueChunk, entries.data());
      for (uint32_t i = 0; i < count; ++i) {
        const uint64_t bits = entries[i].bits;
        visit(EntryOf(entries[i], bits));
      }
    }
    return;
  }
  // Its hashes say nothing of key groups: the table is one group.
  table_.ForEachChangedInGroup(KeyGroup(0), 1, [&](const char* slot) {
    Entry entry = EntryOf(table_.key(slot));
    entry.slot = {slot, slot_bytes_};
    visit(entry);
  });
}

bool DistinctTable::ForEachChangedIn(
    const std::vector<uint32_t>& groups,
    absl::FunctionRef<void(const Entry&)> visit) const {
  if (!words_) return false;
  absl::flat_hash_map<uint32_t, uint32_t> rank_of;
  for (uint32_t rank = 0; rank < groups.size(); ++rank) {
    rank_of.emplace(groups[rank], rank);
  }
  // With its group's rank in the place of the group, and the value's bytes as
  // a number.
  std::vector<DistinctWords::Entry> changed;
  changed.reserve(words_->fill().changed);
  std::vector<DistinctWords::Entry> entries(kValueChunk);
  uint64_t position = 0;
  for (uint32_t count = kValueChunk; count == kValueChunk;) {
    count = words_->ScanChanged(&position, kValueChunk, entries.data());
    for (uint32_t i = 0; i < count; ++i) {
      const auto rank = rank_of.find(entries[i].group);
      if (rank == rank_of.end()) continue;
      changed.push_back({.word = __builtin_bswap64(entries[i].word),
                         .group = rank->second,
                         .bits = entries[i].bits});
    }
  }
  std::sort(changed.begin(), changed.end(),
            [](const DistinctWords::Entry& a, const DistinctWords::Entry& b) {
              return a.group != b.group ? a.group < b.group : a.word < b.word;
            });
  for (DistinctWords::Entry& entry : changed) {
    entry.word = __builtin_bswap64(entry.word);
    entry.group = groups[entry.group];
    const uint64_t bits = entry.bits;
    visit(EntryOf(entry, bits));
  }
  return true;
}

void DistinctTable::ForEachErased(
    absl::FunctionRef<void(const Entry&)> visit) const {
  for (const KeyedSlots::ErasedKey& erased : table_.ErasedKeys()) {
    visit(EntryOf(erased.key));
  }
}

absl::Status DistinctTable::Settle() {
  return words_ ? words_->Settle() : table_.Settle();
}

absl::StatusOr<std::unique_ptr<SnapshotRest>> DistinctTable::Freeze(
    SnapshotWriter::Extent extent,
    std::function<absl::Status(const Entry&)> write) {
  if (words_) {
    return words_->Freeze(
        extent,
        [this, write = std::move(write)](const DistinctWords::Entry& entry) {
          const uint64_t bits = entry.bits;
          return write(EntryOf(entry, bits));
        });
  }
  return table_.Freeze(
      extent, [this, write = std::move(write)](const char* slot) {
        Entry entry = EntryOf(table_.key(slot));
        entry.slot = {slot, slot_bytes_};
        return write(entry);
      });
}

bool DistinctTable::WordOf(const Entry& entry,
                           DistinctWords::Entry* word) const {
  uint64_t bits = 0;
  if (entry.slot.size() != sizeof bits ||
      entry.value.size() != packer_.layout().word_bytes) {
    return false;
  }
  std::memcpy(&bits, entry.slot.data(), sizeof bits);
  if (bits == 0 || bits >> DistinctWords::kMaxCalls != 0) return false;
  char cell[8];
  packer_.layout().SetCell(entry.value, cell);
  std::memcpy(&word->word, cell, sizeof cell);
  word->group = entry.group;
  word->bits = static_cast<uint32_t>(bits);
  return true;
}

absl::StatusOr<bool> DistinctTable::RestoreWords(
    std::span<const Entry> entries) {
  constexpr size_t kAtOnce = EntryBatch::kMaxEntries;
  uint64_t words[kAtOnce];
  uint32_t groups[kAtOnce];
  uint64_t masks[kAtOnce];
  uint64_t changed[kAtOnce];
  while (!entries.empty()) {
    const size_t count = std::min(entries.size(), kAtOnce);
    for (size_t i = 0; i < count; ++i) {
      DistinctWords::Entry entry;
      if (!WordOf(entries[i], &entry)) return false;
      words[i] = entry.word;
      groups[i] = entry.group;
      masks[i] = entry.bits;
    }
    RETURN_IF_ERROR(words_->Apply(words, groups, masks,
                                  static_cast<uint32_t>(count), changed));
    entries = entries.subspan(count);
  }
  return true;
}

absl::StatusOr<bool> DistinctTable::Restore(std::span<const Entry> entries) {
  if (words_) return RestoreWords(entries);
  for (const Entry& entry : entries) {
    ASSIGN_OR_RETURN(
        const bool is_whole,
        PutAs(entry, [this](const PackedKeys& key) -> absl::StatusOr<char*> {
          char* slot = nullptr;
          RETURN_IF_ERROR(table_.FindOrInsert(key, &slot, nullptr));
          return slot;
        }));
    if (!is_whole) return false;
  }
  return true;
}

void DistinctTable::FindUnknown(const PackedKeys& values,
                                const uint32_t* groups,
                                std::vector<uint32_t>& rows) {
  if (words_) {
    return words_->FindUnknown(
        reinterpret_cast<const uint64_t*>(values.cells), groups, values.count,
        rows);
  }
  table_.FindUnknown(Compose(values, groups), rows);
}

absl::StatusOr<bool> DistinctTable::Admit(const Entry& entry) {
  if (words_) {
    DistinctWords::Entry word;
    if (!WordOf(entry, &word)) return false;
    RETURN_IF_ERROR(words_->Admit(word));
    return true;
  }
  return PutAs(entry, [this](const PackedKeys& key) {
    return table_.Admit(table_.layout().Bytes(key.cells, *key.hashes),
                        *key.hashes);
  });
}

template <typename Put>
absl::StatusOr<bool> DistinctTable::PutAs(const Entry& entry, Put put) {
  const KeyLayout& layout = packer_.layout();
  if (entry.slot.size() != slot_bytes_ ||
      (layout.form == KeyForm::kWord &&
       entry.value.size() != layout.word_bytes)) {
    return false;
  }
  alignas(8) char cell[32];
  layout.SetCell(entry.value, cell);
  const uint64_t hash = HashBytes(entry.value);
  ASSIGN_OR_RETURN(
      char* const slot,
      put(Compose({.count = 1, .hashes = &hash, .cells = cell},
                  &entry.group)));
  std::memcpy(slot, entry.slot.data(), slot_bytes_);
  return true;
}

uint64_t DistinctTable::Evict(uint64_t count) {
  if (words_) return words_->Evict(count);
  const uint64_t taken = table_.Evict(count, [](char*) {});
  table_.heap().Reclaim();
  return taken;
}

}  // namespace millrace
