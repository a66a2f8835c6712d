#include "runtime/operators/aggregate_snapshot.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/aggregate_freeze.h"
#include "runtime/operators/value_key.h"
#include "runtime/plan/aggregate_partials.h"

namespace millrace {
namespace {

StateSchema GroupsSchema(const AggregateSchema& schema) {
  return {.id = 0, .name = "groups", .version = 1,
          .key_type = schema.key_type, .value_type = schema.value_type};
}

StateSchema DistinctSchema(const AggregateSchema& schema,
                           const AggregateLayout::DistinctSet& set,
                           int number) {
  return {.id = 1 + number, .name = absl::StrCat("distinct ", number),
          .version = 1,
          .key_type = absl::StrCat(schema.key_type, ", ", set.type.ToString()),
          .value_type = absl::StrCat(set.planned.size(), " calls")};
}

struct Entry {
  std::string key;
  std::optional<std::string> value;  // None: erased.
};

// The entries of one distinct set by key group: its table is not in the
// order of the groups' hashes.
std::vector<std::vector<Entry>> DistinctByGroup(
    std::span<const PrefixedTable> tables, int set,
    SnapshotWriter::Extent extent, int max_parallelism) {
  std::vector<std::vector<Entry>> groups(max_parallelism);
  for (const PrefixedTable& table : tables) {
    table.table->SnapshotDistinct(
        extent, set,
        [&](absl::string_view group_key, uint64_t hash,
            const DistinctTable::Entry& value) {
          Entry entry = {.key = absl::StrCat(
                             ValuePrefix(table.prefix, group_key),
                             value.value)};
          if (!value.slot.empty()) entry.value.emplace(value.slot);
          groups[KeyGroupOf(hash, max_parallelism)].push_back(
              std::move(entry));
        });
  }
  return groups;
}

absl::Status SnapshotGroups(std::span<const PrefixedTable> tables,
                            const OperatorContext& context,
                            SnapshotWriter& writer) {
  const SnapshotWriter::Extent extent = writer.extent();
  std::vector<std::vector<KeyedSlots::ErasedKey>> erased(tables.size());
  if (extent == SnapshotWriter::Extent::kChanges) {
    for (size_t i = 0; i < tables.size(); ++i) {
      erased[i] = tables[i].table->slots().ErasedKeys();
    }
  }
  std::vector<size_t> next_erased(tables.size());
  std::string full_key;
  for (KeyGroup group(0); group.value() < context.max_parallelism;
       group = group.Next()) {
    for (size_t i = 0; i < tables.size(); ++i) {
      const PrefixedTable& table = tables[i];
      absl::Status status;
      table.table->SnapshotGroup(
          extent, group, context.max_parallelism,
          [&](absl::string_view key, absl::string_view value) {
            if (!status.ok()) return;
            full_key.assign(table.prefix);
            full_key.append(key.data(), key.size());
            status = writer.Entry(group, full_key, value);
          });
      RETURN_IF_ERROR(status);
      for (size_t& at = next_erased[i];
           at < erased[i].size() &&
           KeyGroupOf(erased[i][at].hash, context.max_parallelism) ==
               group.value();
           ++at) {
        RETURN_IF_ERROR(writer.Erased(
            group, absl::StrCat(table.prefix, erased[i][at].key)));
      }
    }
  }
  return absl::OkStatus();
}

// What was erased, as far as the writer's extent asks for it: at once.
absl::Status WriteErasedGroups(std::span<const PrefixedTable> tables,
                               int max_parallelism, SnapshotWriter& writer) {
  if (writer.extent() != SnapshotWriter::Extent::kChanges) {
    return absl::OkStatus();
  }
  for (const PrefixedTable& table : tables) {
    for (const auto& erased : table.table->slots().ErasedKeys()) {
      RETURN_IF_ERROR(
          writer.Erased(KeyGroup(KeyGroupOf(erased.hash, max_parallelism)),
                        absl::StrCat(table.prefix, erased.key)));
    }
  }
  return absl::OkStatus();
}

absl::Status WriteErasedValues(std::span<const PrefixedTable> tables, int set,
                               int max_parallelism, SnapshotWriter& writer) {
  if (writer.extent() != SnapshotWriter::Extent::kChanges) {
    return absl::OkStatus();
  }
  absl::Status status;
  for (const PrefixedTable& table : tables) {
    table.table->SnapshotErased(
        set, [&](absl::string_view group_key, uint64_t hash,
                 const DistinctTable::Entry& value) {
          status.Update(writer.Erased(
              KeyGroup(KeyGroupOf(hash, max_parallelism)),
              absl::StrCat(ValuePrefix(table.prefix, group_key),
                           value.value)));
        });
  }
  return status;
}

// The entries as the tables have them.
absl::Status WriteDistinct(std::span<const PrefixedTable> tables, int set,
                           int max_parallelism, SnapshotWriter& writer) {
  absl::Status status;
  std::string key;
  for (const PrefixedTable& table : tables) {
    table.table->SnapshotDistinct(
        writer.extent(), set,
        [&](absl::string_view group_key, uint64_t hash,
            const DistinctTable::Entry& value) {
          if (!status.ok()) return;
          key.assign(table.prefix);
          AppendGroupKey(group_key, key);
          key.append(value.value.data(), value.value.size());
          const KeyGroup group(KeyGroupOf(hash, max_parallelism));
          status = value.slot.empty() ? writer.Erased(group, key)
                                      : writer.Entry(group, key, value.slot);
        });
  }
  return status;
}

absl::Status DropEmptied(std::span<const PrefixedTable> tables,
                         int max_parallelism, SnapshotWriter& writer) {
  if (writer.extent() != SnapshotWriter::Extent::kChanges) {
    return absl::OkStatus();
  }
  for (const PrefixedTable& table : tables) {
    for (const std::string& group_key : table.table->emptied_groups()) {
      const KeyGroup group(KeyGroupOf(HashBytes(group_key), max_parallelism));
      RETURN_IF_ERROR(writer.DropPrefixIn(
          group, ValuePrefix(table.prefix, group_key)));
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotDistinctSet(std::span<const PrefixedTable> tables,
                                 int set, const OperatorContext& context,
                                 SnapshotWriter& writer) {
  RETURN_IF_ERROR(DropEmptied(tables, context.max_parallelism, writer));
  if (writer.TakesAnyOrder()) {
    return WriteDistinct(tables, set, context.max_parallelism, writer);
  }
  const auto groups = DistinctByGroup(tables, set, writer.extent(),
                                      context.max_parallelism);
  for (int group = 0; group < context.max_parallelism; ++group) {
    for (const Entry& entry : groups[group]) {
      RETURN_IF_ERROR(
          entry.value ? writer.Entry(KeyGroup(group), entry.key, *entry.value)
                      : writer.Erased(KeyGroup(group), entry.key));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<StateSchema> AggregateSchema::States(
    const AggregateLayout& layout) const {
  std::vector<StateSchema> states = {GroupsSchema(*this)};
  const auto& sets = layout.distinct_sets();
  for (int set = 0; set < static_cast<int>(sets.size()); ++set) {
    states.push_back(DistinctSchema(*this, sets[set], set));
  }
  return states;
}

AggregateSchema AggregateSchema::Of(std::span<const LogicalType> keys,
                                    std::span<const AggregateCall> calls,
                                    AggregatePhase phase) {
  const auto type_text = [](std::string* out, const LogicalType& type) {
    absl::StrAppend(out, type.AsNullable().ToString());
  };
  return {.key_type = absl::StrJoin(keys, ", ", type_text),
          .value_type = absl::StrJoin(
              calls, ", ", [&](std::string* out, const AggregateCall& call) {
                // The global half sees partials, and no filter.
                const bool partials =
                    phase == AggregatePhase::kSingle && MayBeCut({call});
                absl::StrAppend(
                    out, call.function, call.distinct ? "D(" : "(",
                    absl::StrJoin(partials ? PartialTypes(call)
                                           : call.arg_types,
                                  ", ", type_text),
                    ")", call.filter && !partials ? "F" : "");
              })};
}

absl::Status SnapshotTables(std::span<const PrefixedTable> tables,
                            std::span<const std::string> dropped,
                            const AggregateLayout& layout,
                            const AggregateSchema& schema,
                            const OperatorContext& context,
                            SnapshotWriter& writer) {
  if (writer.extent() == SnapshotWriter::Extent::kNothing) {
    return absl::OkStatus();
  }
  std::vector<PrefixedTable> written(tables.begin(), tables.end());
  const bool only_changes =
      writer.extent() == SnapshotWriter::Extent::kChanges;
  if (only_changes) {
    std::erase_if(written, [](const PrefixedTable& table) {
      return !table.table->has_changes();
    });
  }
  const auto begin_state = [&](const StateSchema& state) -> absl::Status {
    RETURN_IF_ERROR(writer.BeginState(state));
    for (const std::string& prefix : dropped) {
      if (only_changes) RETURN_IF_ERROR(writer.DropPrefix(prefix));
    }
    return absl::OkStatus();
  };
  const auto& sets = layout.distinct_sets();
  const auto set_count = static_cast<int>(sets.size());
  // Where values of many groups that are gone wait for the barrier to have
  // passed, they would wait for ever.
  const bool is_late =
      writer.TakesRest() &&
      std::none_of(written.begin(), written.end(),
                   [](const PrefixedTable& table) {
                     return table.table->has_many_orphans();
                   });
  RETURN_IF_ERROR(begin_state(GroupsSchema(schema)));
  RETURN_IF_ERROR(is_late ? WriteErasedGroups(
                                written, context.max_parallelism, writer)
                          : SnapshotGroups(written, context, writer));
  for (int set = 0; set < set_count; ++set) {
    RETURN_IF_ERROR(begin_state(DistinctSchema(schema, sets[set], set)));
    if (!is_late) {
      RETURN_IF_ERROR(SnapshotDistinctSet(written, set, context, writer));
      continue;
    }
    RETURN_IF_ERROR(DropEmptied(written, context.max_parallelism, writer));
    RETURN_IF_ERROR(
        WriteErasedValues(written, set, context.max_parallelism, writer));
  }
  for (const PrefixedTable& table : written) {
    RETURN_IF_ERROR(is_late ? FreezeTable(*table.table, table.prefix,
                                          context.max_parallelism, writer)
                            : table.table->Settle());
  }
  return absl::OkStatus();
}

std::string TimePrefix(int64_t time_ms) {
  // The sign bit flipped: negative times sort first.
  uint64_t bits = static_cast<uint64_t>(time_ms) ^ (uint64_t{1} << 63);
  std::string prefix(8, '\0');
  for (int i = 7; i >= 0; --i, bits >>= 8) {
    prefix[i] = static_cast<char>(bits & 0xff);
  }
  return prefix;
}

int64_t TimeOfPrefix(absl::string_view prefix) {
  uint64_t bits = 0;
  for (const char byte : prefix) bits = bits << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(bits ^ (uint64_t{1} << 63));
}

}  // namespace millrace
