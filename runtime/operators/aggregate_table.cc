#include "runtime/operators/aggregate_table.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "state/canonical_keys.h"

namespace millrace {
namespace {

constexpr uint32_t kChunk = kMaxBatchRows;
// So few groups' values are not worth going through all others.
constexpr uint64_t kFewOrphans = 1024;

// A table without keys has the one key of no bytes.
KeyLayout SlotKeys(const std::optional<KeyLayout>& keys) {
  return keys.value_or(KeyLayout{.form = KeyForm::kWord});
}

absl::Status Damaged(absl::string_view owner) {
  return absl::DataLossError(
      absl::StrCat(owner, ": an entry of the snapshot cannot be read"));
}

}  // namespace

AggregateTable::AggregateTable(Options options)
    : options_(std::move(options)),
      slots_({.layout = SlotKeys(options_.keys),
              .slot_bytes = options_.layout->slot_bytes(),
              .hashes = options_.hashes,
              .memory = options_.memory,
              .owner = options_.owner}) {
  const size_t set_count = options_.layout->distinct_sets().size();
  for (size_t set = 0; set < set_count; ++set) {
    distinct_.push_back(NewDistinct(static_cast<int>(set)));
  }
}

std::unique_ptr<DistinctTable> AggregateTable::NewDistinct(int set) const {
  const auto& planned = options_.layout->distinct_sets()[set];
  return std::make_unique<DistinctTable>(DistinctTable::Options{
      .type = planned.type,
      .call_count = static_cast<int>(planned.planned.size()),
      .retracts = options_.layout->retracts(),
      .memory = options_.memory,
      .owner = options_.owner});
}

absl::Status AggregateTable::Locate(const PackedKeys& keys, char** slots,
                                    uint8_t* inserted) {
  if (!has_ids()) return slots_.FindOrInsert(keys, slots, inserted);
  if (inserted == nullptr) {
    inserted_.resize(keys.count);
    inserted = inserted_.data();
  }
  RETURN_IF_ERROR(slots_.FindOrInsert(keys, slots, inserted));
  return GiveIds(slots, inserted, keys.count);
}

absl::StatusOr<char*> AggregateTable::LocateSingle(bool* inserted) {
  const uint64_t size = slots_.size();
  char* slot = nullptr;
  RETURN_IF_ERROR(slots_.FindOrInsertOne({}, NullWordHash(), &slot));
  const uint8_t is_new = slots_.size() > size;
  if (has_ids()) RETURN_IF_ERROR(GiveIds(&slot, &is_new, 1));
  if (inserted != nullptr) *inserted = is_new != 0;
  return slot;
}

absl::Status AggregateTable::GiveIds(char* const* slots,
                                     const uint8_t* inserted, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (!inserted[i]) continue;
    if (next_id_ == UINT32_MAX) {
      return absl::ResourceExhaustedError(absl::StrCat(
          options_.owner, ": more than 2^32 groups with DISTINCT values"));
    }
    options_.layout->group_id(slots[i]) = next_id_++;
  }
  return absl::OkStatus();
}

// The entries of `from` come in hash order, and so do their places here.
absl::Status AggregateTable::MergeFrom(AggregateTable& from) {
  const AggregateLayout& layout = *options_.layout;
  const uint32_t width = CellBytes(slots_.layout().form);
  std::vector<char*> theirs(kChunk);
  std::vector<char*> ours(kChunk);
  std::vector<char> cells(size_t{kChunk} * width);
  std::vector<uint64_t> hashes(kChunk);
  std::vector<uint32_t> new_ids(has_ids() ? from.next_id_ : 0);
  RETURN_IF_ERROR(slots_.Reserve(std::max(size(), from.size())));
  uint64_t position = 0;
  for (uint32_t count = kChunk; count == kChunk;) {
    count = from.slots_.Scan(&position, kChunk, theirs.data());
    for (uint32_t i = 0; i < count; ++i) {
      hashes[i] = from.slots_.hash(theirs[i]);
      std::copy_n(from.slots_.cell(theirs[i]), width,
                  cells.data() + size_t{i} * width);
    }
    RETURN_IF_ERROR(Locate({.count = count, .hashes = hashes.data(),
                            .cells = cells.data()}, ours.data(), nullptr));
    for (const AggregateLayout::Planned& planned : layout.planned()) {
      if (planned.distinct_set >= 0) continue;  // By its values, below.
      planned.accumulator->Merge(ours.data(), theirs.data(), count,
                                 slots_.heap());
    }
    for (uint32_t i = 0; has_ids() && i < count; ++i) {
      new_ids[layout.group_id(theirs[i])] = layout.group_id(ours[i]);
    }
  }
  slots_.heap().Reclaim();
  RETURN_IF_ERROR(slots_.heap().status());
  return MergeDistinct(from, new_ids);
}

absl::Status AggregateTable::MergeDistinct(
    AggregateTable& from, const std::vector<uint32_t>& new_ids) {
  if (!has_ids()) return absl::OkStatus();
  const std::vector<char*> slots = SlotsById();
  std::vector<char*> row_slots(kChunk);
  std::vector<uint32_t> rows(kChunk);
  for (size_t set = 0; set < distinct_.size(); ++set) {
    const auto& planned = options_.layout->distinct_sets()[set].planned;
    RETURN_IF_ERROR(distinct_[set]->MergeFrom(
        *from.distinct_[set], new_ids.data(),
        [&](const DistinctTable::Merged& merged) {
          for (size_t call = 0; call < planned.size(); ++call) {
            uint32_t count = 0;
            for (uint32_t i = 0; i < merged.count; ++i) {
              rows[count] = i;
              row_slots[count] = slots[merged.groups[i]];
              count += (merged.changed[i] >> call) & 1;
            }
            const Vector* args[] = {merged.values};
            options_.layout->planned()[planned[call]].accumulator->Apply(
                {.count = count, .slots = row_slots.data(),
                 .rows = rows.data()},
                args, RowChange::kAdd, slots_.heap());
          }
        }));
  }
  return absl::OkStatus();
}

std::vector<char*> AggregateTable::SlotsById() const {
  std::vector<char*> by_id(next_id_, nullptr);
  std::vector<char*> slots(kChunk);
  uint64_t position = 0;
  for (uint32_t count = kChunk; count == kChunk;) {
    count = slots_.Scan(&position, kChunk, slots.data());
    for (uint32_t i = 0; i < count; ++i) {
      by_id[options_.layout->group_id(slots[i])] = slots[i];
    }
  }
  return by_id;
}

// What a snapshot has of the group's values goes with its key.
void AggregateTable::NoteEmptied(const char* slot) {
  if (has_ids() && slots_.is_settled() && slots_.WasSettled(slot)) {
    emptied_.emplace(slots_.key(slot));
  }
}

void AggregateTable::Erase(char* slot) {
  NoteEmptied(slot);
  options_.layout->Release(slot, slots_.heap());
  slots_.Erase(slot);
  orphan_count_ += has_ids();
}

absl::Status AggregateTable::Reset(char* slot) {
  NoteEmptied(slot);
  options_.layout->Release(slot, slots_.heap());
  std::fill_n(slot, options_.layout->slot_bytes(), '\0');
  if (!has_ids()) return absl::OkStatus();
  ++orphan_count_;
  const uint8_t is_new = 1;
  return GiveIds(&slot, &is_new, 1);
}

bool AggregateTable::has_many_orphans() const {
  return !options_.over_store &&
         orphan_count_ > std::max(size(), kFewOrphans);
}

bool AggregateTable::is_frozen() const {
  return slots_.is_frozen() ||
         std::any_of(distinct_.begin(), distinct_.end(),
                     [](const auto& values) { return values->is_frozen(); });
}

absl::Status AggregateTable::DropOrphans() {
  if (!has_many_orphans() || is_frozen()) return absl::OkStatus();
  if (slots_.is_settled() && slots_.has_changes()) return absl::OkStatus();
  const std::vector<char*> slots = SlotsById();
  std::vector<uint32_t> new_ids(slots.size());
  uint32_t next_id = 0;
  for (size_t id = 0; id < slots.size(); ++id) {
    if (slots[id] == nullptr) continue;
    options_.layout->group_id(slots[id]) = new_ids[id] = next_id++;
  }
  for (size_t set = 0; set < distinct_.size(); ++set) {
    std::unique_ptr<DistinctTable> kept = NewDistinct(static_cast<int>(set));
    absl::Status status;
    distinct_[set]->ForEach([&](const DistinctTable::Entry& entry) {
      if (slots[entry.group] == nullptr || !status.ok()) return;
      const DistinctTable::Entry moved = {.group = new_ids[entry.group],
                                          .value = entry.value,
                                          .slot = entry.slot};
      status = kept->Restore({&moved, 1}).status();
    });
    RETURN_IF_ERROR(status);
    if (slots_.is_settled()) RETURN_IF_ERROR(kept->Settle());
    distinct_[set] = std::move(kept);
  }
  next_id_ = next_id;
  orphan_count_ = 0;
  return absl::OkStatus();
}

void AggregateTable::Clear() {
  slots_.Clear();
  for (auto& table : distinct_) table->Clear();
  emptied_.clear();
  next_id_ = 0;
  orphan_count_ = 0;
}

void AggregateTable::Tighten() {
  slots_.Tighten([this](char* slot, SlotHeap& from, SlotHeap& to) {
    options_.layout->Move(slot, from, to);
  });
}

absl::Status AggregateTable::Settle() {
  RETURN_IF_ERROR(slots_.Settle());
  for (auto& table : distinct_) RETURN_IF_ERROR(table->Settle());
  emptied_.clear();
  return absl::OkStatus();
}

void AggregateTable::SnapshotGroup(
    Extent extent, KeyGroup group, int max_parallelism,
    absl::FunctionRef<void(absl::string_view, absl::string_view)> entry)
    const {
  std::string value;
  const auto write = [&](char* slot) {
    value.clear();
    options_.layout->Encode(slot, value);
    entry(slots_.key(slot), value);
  };
  if (extent == Extent::kAll) {
    slots_.ForEachInGroup(group, max_parallelism, write);
  } else {
    slots_.ForEachChangedInGroup(group, max_parallelism, write);
  }
}

// A value that changed belongs to a group that was located, and so changed, in
// the same batch: only those need to be known by their ids.
void AggregateTable::SnapshotDistinct(Extent extent, int set,
                                      DistinctVisitor entry) const {
  const DistinctTable& table = *distinct_[set];
  if (extent == Extent::kAll) {
    const std::vector<char*> groups = SlotsById();
    return table.ForEach([&](const DistinctTable::Entry& value) {
      const char* slot = groups[value.group];
      if (slot == nullptr) return;  // Its group is gone.
      entry(slots_.key(slot), slots_.hash(slot), value);
    });
  }
  const GroupsById groups = ChangedById();
  auto group = groups.end();
  const auto write = [&](const DistinctTable::Entry& value) {
    if (group == groups.end() || group->first != value.group) {
      group = groups.find(value.group);
    }
    if (group == groups.end()) return;  // Gone, or emptied since.
    entry(slots_.key(group->second), slots_.hash(group->second), value);
  };
  if (!table.ForEachChangedIn(IdsInOrder(groups), write)) {
    table.ForEachChanged(write);
  }
  SnapshotErased(set, entry);
}

void AggregateTable::SnapshotErased(int set, DistinctVisitor entry) const {
  std::optional<GroupsById> groups;
  distinct_[set]->ForEachErased([&](const DistinctTable::Entry& value) {
    if (!groups) groups = ChangedById();
    const auto group = groups->find(value.group);
    if (group == groups->end()) return;
    entry(slots_.key(group->second), slots_.hash(group->second), value);
  });
}

AggregateTable::GroupsById AggregateTable::ChangedById() const {
  GroupsById groups;
  slots_.ForEachChangedInGroup(KeyGroup(0), 1, [&](const char* slot) {
    groups.emplace(options_.layout->group_id(slot), slot);
  });
  return groups;
}

// As the heads of their values' keys sort: by the key's length first.
std::vector<uint32_t> AggregateTable::IdsInOrder(
    const GroupsById& groups_by_id) const {
  std::vector<const char*> groups;
  groups.reserve(groups_by_id.size());
  for (const auto& [id, slot] : groups_by_id) groups.push_back(slot);
  std::sort(groups.begin(), groups.end(), [this](const char* a, const char* b) {
    const absl::string_view a_key = slots_.key(a);
    const absl::string_view b_key = slots_.key(b);
    return a_key.size() != b_key.size() ? a_key.size() < b_key.size()
                                        : a_key < b_key;
  });
  std::vector<uint32_t> ids;
  ids.reserve(groups.size());
  for (const char* slot : groups) {
    ids.push_back(options_.layout->group_id(slot));
  }
  return ids;
}

absl::Status AggregateTable::AdmitGroup(absl::string_view key, uint64_t hash,
                                        absl::string_view value) {
  ASSIGN_OR_RETURN(char* const slot, slots_.Admit(key, hash));
  const uint8_t inserted = 1;
  if (has_ids()) RETURN_IF_ERROR(GiveIds(&slot, &inserted, 1));
  if (!options_.layout->Decode({&value, 1}, &slot, slots_.heap())) {
    return Damaged(options_.owner);
  }
  return slots_.heap().status();
}

void AggregateTable::EraseStored(absl::string_view key, uint64_t hash) {
  char cell[32];
  slots_.layout().SetCell(key, cell);
  char* slot = nullptr;
  slots_.Find({.count = 1, .hashes = &hash, .cells = cell}, &slot);
  if (slot != nullptr) return;
  slots_.EraseStored(key, hash);
  if (has_ids()) emptied_.emplace(key);
}

// A group whose values are frozen stays: back from the store it would have
// another id, and they are not in the store yet.
uint64_t AggregateTable::EvictGroups(uint64_t count) {
  if (is_frozen()) return 0;
  const uint64_t taken = slots_.Evict(count, [this](char* slot) {
    options_.layout->Release(slot, slots_.heap());
  });
  slots_.heap().Reclaim();
  return taken;
}

absl::Status AggregateTable::RestoreGroups(
    std::span<const absl::string_view> keys,
    std::span<const absl::string_view> values) {
  CanonicalKeys canonical;
  if (!canonical.Pack(slots_.layout(), keys)) return Damaged(options_.owner);
  std::vector<char*> slots(keys.size());
  RETURN_IF_ERROR(
      slots_.FindOrInsert(canonical.packed(), slots.data(), nullptr));
  inserted_.assign(keys.size(), 1);
  if (has_ids()) {
    RETURN_IF_ERROR(GiveIds(slots.data(), inserted_.data(),
                            static_cast<uint32_t>(keys.size())));
  }
  std::vector<absl::string_view> rest(values.begin(), values.end());
  if (!options_.layout->Decode(rest, slots.data(), slots_.heap())) {
    return Damaged(options_.owner);
  }
  return slots_.heap().status();
}

absl::StatusOr<uint32_t> AggregateTable::RestoredId(
    absl::string_view group_key) const {
  const KeyLayout& layout = slots_.layout();
  if (layout.form == KeyForm::kWord && !group_key.empty() &&
      group_key.size() != layout.word_bytes) {
    return Damaged(options_.owner);
  }
  alignas(8) char cell[32];
  layout.SetCell(group_key, cell);
  const uint64_t hash = HashBytes(group_key);
  char* group = nullptr;
  slots_.Find({.count = 1, .hashes = &hash, .cells = cell}, &group);
  if (group == nullptr) return Damaged(options_.owner);
  return options_.layout->group_id(group);
}

absl::Status AggregateTable::RestoreDistinct(
    int set, std::span<const DistinctTable::Entry> values) {
  ASSIGN_OR_RETURN(const bool read, distinct_[set]->Restore(values));
  return read ? absl::OkStatus() : Damaged(options_.owner);
}

}  // namespace millrace
