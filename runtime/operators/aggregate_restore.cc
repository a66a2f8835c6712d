#include "runtime/operators/aggregate_restore.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/aggregate_fill.h"
#include "runtime/operators/distinct_fill.h"
#include "runtime/operators/value_key.h"

namespace millrace {
namespace {

using TableOf = absl::FunctionRef<AggregateTable&(absl::string_view prefix)>;

absl::Status DamagedKey() {
  return absl::DataLossError("an aggregate's snapshot cannot be read");
}

// Entries of one table come one after the other: sorted by their keys.
absl::Status RestoreGroups(
    size_t prefix_bytes, const OperatorContext& context,
    absl::FunctionRef<AggregateTable&(absl::string_view prefix)> table_of,
    const EntryBatch& batch) {
  absl::string_view keys[EntryBatch::kMaxEntries];
  const auto prefix_of = [&](size_t i) {
    return batch.keys[i].substr(0, prefix_bytes);
  };
  const size_t count = batch.keys.size();
  for (size_t i = 0; i < count; ++i) {
    if (batch.keys[i].size() < prefix_bytes) return DamagedKey();
    keys[i] = batch.keys[i].substr(prefix_bytes);
  }
  for (size_t first = 0, limit = 1; first < count; first = limit++) {
    while (limit < count && prefix_of(limit) == prefix_of(first)) ++limit;
    AggregateTable& table = table_of(prefix_of(first));
    RETURN_IF_ERROR(
        table.slots().ReserveAhead(batch.group, context.max_parallelism));
    RETURN_IF_ERROR(
        table.RestoreGroups({keys + first, limit - first},
                            batch.values.subspan(first, limit - first)));
  }
  return absl::OkStatus();
}

// The groups of one table by several threads. False: nothing was read.
absl::StatusOr<bool> ShareGroups(AggregateTable& table,
                                 const StateSchema& schema,
                                 int max_parallelism, SnapshotReader& reader) {
  AggregateFill fill(&table, max_parallelism);
  ASSIGN_OR_RETURN(
      const bool is_read,
      reader.ReadRanges(
          schema,
          [&](std::span<const SnapshotReader::Range> ranges) {
            return fill.Begin(ranges);
          },
          [&](size_t range, const EntryBatch& batch) {
            return fill.Add(range, batch);
          }));
  if (is_read) RETURN_IF_ERROR(fill.Finish());
  return is_read;
}

// The values of one set likewise. Where there is no room for them to wait, they
// are put in as they are read.
absl::StatusOr<bool> ShareValues(AggregateTable& table, int set,
                                 const StateSchema& schema,
                                 SnapshotReader& reader) {
  if (!DistinctFill::IsFor(table, set)) return false;
  DistinctFill fill(&table, set);
  const absl::StatusOr<bool> is_read = reader.ReadRanges(
      schema,
      [&](std::span<const SnapshotReader::Range> ranges) {
        return fill.Begin(ranges);
      },
      [&](size_t range, const EntryBatch& batch) {
        return fill.Add(range, batch);
      });
  // Also in the middle: runs that changed much have more than they said.
  if (absl::IsResourceExhausted(is_read.status())) return false;
  if (!is_read.ok() || !*is_read) return is_read;
  reader.ShareTurns(DistinctFill::kParts,
                    [&](int part) { fill.FillPart(part); });
  RETURN_IF_ERROR(fill.Finish());
  return true;
}

// Puts values in as they are read: those of one table at once.
class ValueReader {
 public:
  ValueReader(size_t prefix_bytes, int set, TableOf table_of)
      : prefix_bytes_(prefix_bytes), set_(set), table_of_(table_of) {}

  absl::Status Add(const EntryBatch& batch) {
    for (size_t i = 0; i < batch.keys.size(); ++i) {
      const absl::string_view key = batch.keys[i];
      // In the order of their keys: most are of the last one's group.
      if (head_.empty() || !absl::StartsWith(key, head_)) {
        RETURN_IF_ERROR(FindGroup(key));
      }
      values_.push_back({.group = group_,
                         .value = key.substr(head_.size()),
                         .slot = batch.values[i]});
    }
    return Flush();
  }

 private:
  absl::Status FindGroup(absl::string_view key) {
    const std::optional<ValueKey> parsed = ParseValueKey(key, prefix_bytes_);
    if (!parsed) return DamagedKey();
    AggregateTable& table = table_of_(key.substr(0, prefix_bytes_));
    if (&table != table_) RETURN_IF_ERROR(Flush());
    table_ = &table;
    ASSIGN_OR_RETURN(group_, table.RestoredId(parsed->group_key));
    head_.assign(key.data(), parsed->head_bytes);
    return absl::OkStatus();
  }
  absl::Status Flush() {
    if (values_.empty()) return absl::OkStatus();
    const absl::Status status = table_->RestoreDistinct(set_, values_);
    values_.clear();
    return status;
  }

  const size_t prefix_bytes_;
  const int set_;
  const TableOf table_of_;
  std::string head_;
  AggregateTable* table_ = nullptr;
  uint32_t group_ = 0;
  std::vector<DistinctTable::Entry> values_;  // Of table_.
};

}  // namespace

absl::Status RestoreTables(
    size_t prefix_bytes, const AggregateLayout& layout,
    const AggregateSchema& schema, const OperatorContext& context,
    absl::FunctionRef<AggregateTable&(absl::string_view prefix)> table_of,
    SnapshotReader& reader) {
  const std::vector<StateSchema> states = schema.States(layout);
  bool is_read = false;
  if (prefix_bytes == 0 && AggregateFill::IsFor(layout)) {
    ASSIGN_OR_RETURN(is_read,
                     ShareGroups(table_of(""), states[0],
                                 context.max_parallelism, reader));
  }
  if (!is_read) {
    RETURN_IF_ERROR(reader.ReadBatches(
        states[0], [&](const EntryBatch& batch) -> absl::Status {
          return RestoreGroups(prefix_bytes, context, table_of, batch);
        }));
  }
  for (int set = 0; set + 1 < static_cast<int>(states.size()); ++set) {
    const StateSchema& state = states[1 + set];
    if (prefix_bytes == 0) {
      ASSIGN_OR_RETURN(is_read,
                       ShareValues(table_of(""), set, state, reader));
      if (is_read) continue;
    }
    ValueReader values(prefix_bytes, set, table_of);
    RETURN_IF_ERROR(reader.ReadBatches(
        state, [&](const EntryBatch& batch) { return values.Add(batch); }));
  }
  return absl::OkStatus();
}

}  // namespace millrace
