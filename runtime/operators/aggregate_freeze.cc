#include "runtime/operators/aggregate_freeze.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/value_key.h"

namespace millrace {
namespace {

// The keys of groups that were written, for their values: of a first snapshot
// those of all groups.
class WrittenGroups {
 public:
  explicit WrittenGroups(MemoryCharge charge) : charge_(std::move(charge)) {}

  struct Group {
    absl::string_view key;
    absl::string_view head;  // As AppendGroupKey has it.
  };

  absl::Status Add(uint32_t id, absl::string_view key) {
    offsets_[id] = keys_.size();
    AppendGroupKey(key, keys_);
    return charge_.Hold(static_cast<int64_t>(
        keys_.capacity() + offsets_.capacity() * kPlaceBytes));
  }
  // Nothing: the group was gone, or emptied since.
  std::optional<Group> Find(uint32_t id) const {
    const auto offset = offsets_.find(id);
    if (offset == offsets_.end()) return std::nullopt;
    const char* const head = keys_.data() + offset->second;
    const char* key = head;
    const uint32_t length = ReadVarint(key);
    const size_t head_bytes = key - head + length;
    return Group{.key = {key, length}, .head = {head, head_bytes}};
  }

 private:
  // Of the map, with its control byte.
  static constexpr size_t kPlaceBytes = sizeof(std::pair<uint32_t, size_t>) + 1;

  MemoryCharge charge_;
  absl::flat_hash_map<uint32_t, size_t> offsets_;  // In keys_.
  std::string keys_;
};

// Writes groups to `writer` under `prefix`.
struct GroupWriter {
  absl::Status operator()(const char* slot) {
    const absl::string_view own_key = table->slots().key(slot);
    const uint64_t hash = table->slots().hash(slot);
    key.assign(prefix);
    key.append(own_key.data(), own_key.size());
    value.clear();
    table->layout().Encode(slot, value);
    if (written != nullptr) {
      RETURN_IF_ERROR(written->Add(table->layout().group_id(slot), own_key));
    }
    return writer->LateEntry(0, KeyGroup(KeyGroupOf(hash, max_parallelism)),
                             key, value);
  }

  AggregateTable* table;
  std::string prefix;
  int max_parallelism;
  SnapshotWriter* writer;
  std::shared_ptr<WrittenGroups> written;  // Null: there are no values.
  std::string key = {};
  std::string value = {};
};

// Writes the values of one set of groups that were written.
struct ValueWriter {
  absl::Status operator()(const DistinctTable::Entry& value) {
    const auto group = written->Find(value.group);
    if (!group) return absl::OkStatus();
    key.assign(prefix);
    key.append(group->head.data(), group->head.size());
    key.append(value.value.data(), value.value.size());
    return writer->LateEntry(
        state_id,
        KeyGroup(KeyGroupOf(HashBytes(group->key), max_parallelism)), key,
        value.slot);
  }

  int32_t state_id;
  std::string prefix;
  int max_parallelism;
  SnapshotWriter* writer;
  std::shared_ptr<WrittenGroups> written;
  std::string key = {};
};

void AddIfAny(std::unique_ptr<SnapshotRest> rest, SnapshotWriter& writer) {
  if (rest != nullptr) writer.AddRest(std::move(rest));
}

}  // namespace

absl::Status FreezeTable(AggregateTable& table, absl::string_view prefix,
                         int max_parallelism, SnapshotWriter& writer) {
  const SnapshotWriter::Extent extent = writer.extent();
  const auto set_count =
      static_cast<int>(table.layout().distinct_sets().size());
  std::shared_ptr<WrittenGroups> written;
  if (set_count > 0) {
    written = std::make_shared<WrittenGroups>(table.NewCharge());
  }
  ASSIGN_OR_RETURN(
      std::unique_ptr<SnapshotRest> groups,
      table.slots().Freeze(
          extent, GroupWriter{.table = &table,
                              .prefix = std::string(prefix),
                              .max_parallelism = max_parallelism,
                              .writer = &writer,
                              .written = written}));
  AddIfAny(std::move(groups), writer);
  for (int set = 0; set < set_count; ++set) {
    ASSIGN_OR_RETURN(
        std::unique_ptr<SnapshotRest> values,
        table.distinct(set).Freeze(
            extent, ValueWriter{.state_id = 1 + set,
                                   .prefix = std::string(prefix),
                                   .max_parallelism = max_parallelism,
                                   .writer = &writer,
                                   .written = written}));
    AddIfAny(std::move(values), writer);
  }
  table.NoteFrozen();
  return absl::OkStatus();
}

}  // namespace millrace
