#include "runtime/operators/aggregate_cache.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/value_key.h"

namespace millrace {
namespace {

// So much of its room a table gives up at once: a round through it is paid
// for by many batches.
constexpr uint64_t kShrinkPart = 8;
// Batches after which a state asks again how much it may hold.
constexpr uint32_t kLookAgain = 64;
// Of an entry in a run, beside its keys: its place and what it says.
constexpr int kRunEntryBytes = 64;
// Stored groups looked at for their TTL at once: about a millisecond's read.
constexpr size_t kSweep = 1024;
constexpr size_t kLeastSweep = 16;

KeyGroupRange GroupsOf(const OperatorContext& context) {
  return KeyGroupsOf(SubtaskIndex(context.subtask), context.parallelism,
                     context.max_parallelism);
}

}  // namespace

std::unique_ptr<AggregateCache> AggregateCache::Make(const Options& options) {
  if (options.context.state == nullptr) return nullptr;
  std::vector<StateStore*> stores;
  for (const StateSchema& state : options.schema.States(*options.layout)) {
    stores.push_back(options.context.state->StoreFor(state));
    if (stores.back() == nullptr) return nullptr;
  }
  return std::unique_ptr<AggregateCache>(
      new AggregateCache(options, std::move(stores)));
}

AggregateCache::AggregateCache(const Options& options,
                               std::vector<StateStore*> stores)
    : options_(options),
      stores_(std::move(stores)),
      is_elsewhere_(stores_.size(), false),
      rooms_(stores_.size(), 0),
      swept_group_(GroupsOf(options.context).first) {
  for (const auto& set : options_.layout->distinct_sets()) {
    packers_.emplace_back(std::vector<LogicalType>{set.type});
  }
}

absl::StatusOr<StateAccess> AggregateCache::Prepare(const Batch& batch,
                                                    GroupKeys& keys,
                                                    AggregateTable& table) {
  if (sweeping_) {
    ASSIGN_OR_RETURN(const bool is_swept, FinishSweep(table));
    if (!is_swept) return StateAccess::kPending;
  }
  if (!reading_ && stage_ == 0) {
    ASSIGN_OR_RETURN(const bool is_behind, stores_[0]->IsBehind());
    if (is_behind) return StateAccess::kPending;
  }
  while (stage_ < static_cast<int>(stores_.size())) {
    if (!reading_ && is_elsewhere_[stage_]) {
      ASSIGN_OR_RETURN(reading_,
                       stage_ == 0
                           ? ReadGroups(batch, keys, table)
                           : ReadValues(stage_ - 1, batch, keys, table));
    }
    if (reading_) {
      ASSIGN_OR_RETURN(const bool is_there, FinishRead(table));
      if (!is_there) return StateAccess::kPending;
      reading_ = false;
    }
    ++stage_;
  }
  stage_ = 0;
  return StateAccess::kReady;
}

absl::StatusOr<bool> AggregateCache::ReadGroups(const Batch& batch,
                                                GroupKeys& keys,
                                                AggregateTable& table) {
  const PackedKeys packed = keys.Pack(batch, batch.selection());
  const KeyLayout& layout = table.slots().layout();
  const uint32_t width = CellBytes(layout.form);
  rows_.clear();
  table.slots().FindUnknown(packed, rows_);
  wanted_.clear();
  for (const uint32_t row : rows_) {
    const uint64_t hash = packed.hashes[row];
    wanted_.push_back(
        {.entry = {.group = KeyGroup(KeyGroupOf(
                       hash, options_.context.max_parallelism)),
                   .key = std::string(layout.Bytes(
                       packed.cells + size_t{row} * width, hash))},
         .hash = hash});
  }
  BeginRead(*stores_[0]);
  return !wanted_.empty();
}

// A group that no store has, has no values there either.
absl::StatusOr<bool> AggregateCache::ReadValues(int set, const Batch& batch,
                                                GroupKeys& keys,
                                                AggregateTable& table) {
  const Selection all = batch.selection();
  const PackedKeys packed = keys.Pack(batch, all);
  std::vector<char*> slots(packed.count);
  table.slots().Find(packed, slots.data());
  const VectorRef& column =
      batch.columns[options_.layout->distinct_sets()[set].column];
  std::vector<uint32_t> rows;
  std::vector<const char*> groups;
  std::vector<uint32_t> group_ids;
  for (uint32_t i = 0; i < all.size(); ++i) {
    const char* slot = slots[packed.count == 1 ? 0 : i];
    if (slot == nullptr || !table.HasStoredValues(slot) ||
        (column->may_have_nulls() && column->IsNull(all[i]))) {
      continue;
    }
    rows.push_back(all[i]);
    groups.push_back(slot);
    group_ids.push_back(options_.layout->group_id(slot));
  }
  wanted_.clear();
  if (rows.empty()) return false;
  DistinctTable& distinct = table.distinct(set);
  const auto present =
      Selection::Of(rows.data(), static_cast<uint32_t>(rows.size()));
  const PackedKeys values =
      distinct.needs_hashes()
          ? packers_[set].Pack({&column, 1}, present, nullptr)
          : packers_[set].PackWordsOnly(*column, present);
  rows_.clear();
  distinct.FindUnknown(values, group_ids.data(), rows_);
  for (const uint32_t row : rows_) {
    Wanted wanted = {.group_id = group_ids[row]};
    wanted.entry.group = KeyGroup(
        KeyGroupOf(table.slots().hash(groups[row]),
                   options_.context.max_parallelism));
    wanted.entry.key = ValuePrefix("", table.slots().key(groups[row]));
    wanted.value_at = static_cast<uint32_t>(wanted.entry.key.size());
    absl::StrAppend(&wanted.entry.key, distinct.BytesOf(values, row));
    wanted_.push_back(std::move(wanted));
  }
  BeginRead(*stores_[1 + set]);
  return !wanted_.empty();
}

// Every key once, however many rows have it.
void AggregateCache::BeginRead(StateStore& store) {
  if (wanted_.empty()) return;
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end(),
                            [](const Wanted& a, const Wanted& b) {
                              return a.entry.key == b.entry.key;
                            }),
                wanted_.end());
  std::vector<StateStore::Entry> entries;
  entries.reserve(wanted_.size());
  for (const Wanted& wanted : wanted_) entries.push_back(wanted.entry);
  store.BeginRead(std::move(entries));
}

absl::StatusOr<bool> AggregateCache::FinishRead(AggregateTable& table) {
  ASSIGN_OR_RETURN(const auto entries, stores_[stage_]->Poll());
  if (!entries) return false;
  for (size_t i = 0; i < wanted_.size(); ++i) {
    const StateStore::Entry& entry = (*entries)[i];
    if (entry.erased) continue;
    if (stage_ == 0) {
      RETURN_IF_ERROR(
          table.AdmitGroup(entry.key, wanted_[i].hash, entry.value));
      continue;
    }
    ASSIGN_OR_RETURN(
        const bool is_whole,
        table.distinct(stage_ - 1)
            .Admit({.group = wanted_[i].group_id,
                    .value = absl::string_view(entry.key)
                                 .substr(wanted_[i].value_at),
                    .slot = entry.value}));
    if (!is_whole) {
      return absl::DataLossError(absl::StrCat(
          options_.context.name, ": an entry of the store cannot be read"));
    }
  }
  return true;
}

absl::Status AggregateCache::Flush(AggregateTable& table) {
  std::unique_ptr<SnapshotWriter> writer = options_.context.state->BeginFlush();
  const PrefixedTable written = {.prefix = "", .table = &table};
  RETURN_IF_ERROR(SnapshotTables({&written, 1}, {}, *options_.layout,
                                 options_.schema, options_.context, *writer));
  options_.context.state->Flush(std::move(writer));
  return absl::OkStatus();
}

// A state looks at its part when it has filled what it had of it, and now and
// then: others may need more, or less.
template <typename Part, typename Evict>
absl::Status AggregateCache::Fit(AggregateTable& table, int state, Part& part,
                                 Evict evict) {
  TableFill fill = part.fill();
  const bool is_full = fill.IsFull();
  if (!is_full && fill.size <= rooms_[state] && batch_ % kLookAgain != 0) {
    return absl::OkStatus();
  }
  int64_t may_bytes = stores_[state]->MayHold(
      {.held_bytes = fill.held_bytes,
       .wanted_bytes = is_full ? fill.GrownBytes() : fill.held_bytes});
  if (may_bytes > fill.held_bytes) {
    // At once: what is promised and not taken is lost to everybody. Whoever was
    // quicker may have taken it all the same; then there was no room.
    (void)part.Reserve(fill.LimitOf(fill.capacity) + 1);
    fill = part.fill();
    may_bytes = stores_[state]->MayHold(
        {.held_bytes = fill.held_bytes, .wanted_bytes = fill.held_bytes});
  }
  const bool is_less = may_bytes < fill.held_bytes;
  const uint64_t room = rooms_[state] =
      is_less ? fill.RoomIn(may_bytes) : fill.RoomOf(fill.capacity);
  if (fill.size > room) {
    uint64_t excess = fill.size - room + room / kShrinkPart;
    excess -= evict(excess);
    if (excess > 0) {
      RETURN_IF_ERROR(Flush(table));
      evict(excess);
    }
  }
  if (!is_less) return absl::OkStatus();
  if (fill.capacity > TableFill::kSmallCapacity) {
    part.ShrinkTo(fill.CapacityIn(may_bytes));
  }
  part.Tighten();
  return absl::OkStatus();
}

// As much of a run waits in memory for its barrier. It holds more of an entry
// than its table: the group's key with each value.
int64_t AggregateCache::RunBytes(AggregateTable& table) const {
  const TableFill groups = table.slots().fill();
  const double key_bytes =
      CellBytes(table.slots().layout().form) + groups.entry_bytes;
  double bytes = static_cast<double>(groups.changed + groups.erased) *
                 (groups.place_bytes + groups.entry_bytes + kRunEntryBytes);
  for (size_t set = 0; set < packers_.size(); ++set) {
    const TableFill values = table.distinct(static_cast<int>(set)).fill();
    bytes += static_cast<double>(values.changed + values.erased) *
             (key_bytes + values.entry_bytes + kRunEntryBytes);
  }
  return static_cast<int64_t>(bytes);
}

absl::Status AggregateCache::EndBatch(AggregateTable& table) {
  ++batch_;
  if (RunBytes(table) > stores_[0]->run_bytes()) RETURN_IF_ERROR(Flush(table));
  RETURN_IF_ERROR(Fit(table, 0, table, [&](uint64_t count) {
    const uint64_t taken = table.EvictGroups(count);
    evicted_count_ += taken;
    // A group's values cannot be told to be its any more.
    if (taken > 0) ExpectStored();
    return taken;
  }));
  for (size_t set = 0; set < packers_.size(); ++set) {
    DistinctTable& values = table.distinct(static_cast<int>(set));
    RETURN_IF_ERROR(Fit(table, static_cast<int>(1 + set), values,
                        [&](uint64_t count) {
                          const uint64_t taken = values.Evict(count);
                          if (taken > 0) is_elsewhere_[1 + set] = true;
                          return taken;
                        }));
  }
  if (table.needs_new_ids()) {
    RETURN_IF_ERROR(Flush(table));
    table.Clear();
    ExpectStored();
    RETURN_IF_ERROR(table.Settle());
  }
  if (options_.ttl_ms > 0 && 2 * evicted_count_ >= kSweep) BeginSweep();
  return absl::OkStatus();
}

void AggregateCache::BeginSweep() {
  stores_[0]->BeginSweep(swept_group_, swept_key_, kSweep);
  sweeping_ = true;
}

// Nothing has changed since the sweep began: the next batch waits for it.
absl::StatusOr<bool> AggregateCache::FinishSweep(AggregateTable& table) {
  ASSIGN_OR_RETURN(const auto entries, stores_[0]->Poll());
  if (!entries) return false;
  sweeping_ = false;
  // A seek is worth some entries.
  evicted_count_ -= std::max(entries->size(), kLeastSweep) / 2;
  const int64_t now_ms =
      absl::ToUnixMillis(options_.context.clock->Now());
  for (const StateStore::Entry& entry : *entries) {
    if (entry.erased) continue;
    const int64_t stamp_ms = options_.layout->EncodedStamp(entry.value);
    if (stamp_ms <= now_ms - options_.ttl_ms) {
      table.EraseStored(entry.key, HashBytes(entry.key));
    }
  }
  if (entries->size() == kSweep) {
    swept_key_ = entries->back().key;
    return true;
  }
  const KeyGroupRange own = GroupsOf(options_.context);
  swept_key_.clear();
  swept_group_ = swept_group_.Next();
  if (!own.Contains(swept_group_)) swept_group_ = own.first;
  return true;
}

}  // namespace millrace
