#include "runtime/operators/aggregate_fill.h"

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

absl::Status DamagedGroup() {
  return absl::DataLossError("a group of the snapshot cannot be read");
}

}  // namespace

bool AggregateFill::IsFor(const AggregateLayout& layout) {
  return layout.distinct_sets().empty() && layout.decodes_apart();
}

absl::Status AggregateFill::Begin(
    std::span<const SnapshotReader::Range> ranges) {
  ASSIGN_OR_RETURN(fill_, SlotsFill::Begin(&table_->slots(), ranges,
                                           max_parallelism_));
  for (size_t i = 0; i < ranges.size(); ++i) {
    ranges_.emplace_back(table_->NewCharge());
  }
  return absl::OkStatus();
}

absl::Status AggregateFill::Add(size_t range, const EntryBatch& entries) {
  Range& own = ranges_[range];
  if (!own.keys.Pack(table_->slots().layout(), entries.keys)) {
    return DamagedGroup();
  }
  own.slots.resize(entries.keys.size());
  fill_->Insert(range, own.keys.packed(), own.slots.data());
  own.values.clear();
  for (size_t i = 0; i < entries.keys.size(); ++i) {
    if (own.slots[i] == nullptr) {
      own.left.push_back({.key = std::string(entries.keys[i]),
                          .value = std::string(entries.values[i])});
      // Strings that are not small, and the vector while it grows.
      own.left_bytes += static_cast<int64_t>(entries.keys[i].size() +
                                             entries.values[i].size() +
                                             3 * sizeof(Left));
      RETURN_IF_ERROR(own.charge.Hold(own.left_bytes));
      continue;
    }
    own.slots[own.values.size()] = own.slots[i];
    own.values.push_back(entries.values[i]);
  }
  const bool is_whole = table_->layout().Decode(
      own.values, own.slots.data(), fill_->heap(range));
  return is_whole ? fill_->heap(range).status() : DamagedGroup();
}

absl::Status AggregateFill::Finish() {
  RETURN_IF_ERROR(fill_->Finish());
  for (const Range& range : ranges_) {
    for (const Left& left : range.left) {
      const absl::string_view key = left.key;
      const absl::string_view value = left.value;
      RETURN_IF_ERROR(table_->RestoreGroups({&key, 1}, {&value, 1}));
    }
  }
  ranges_.clear();
  return absl::OkStatus();
}

}  // namespace millrace
