#include "runtime/operators/distinct_fill.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/value_key.h"

namespace millrace {
namespace {

// A range's values fall into all parts alike, with some more for chance.
constexpr uint64_t kMorePart = 8;

absl::Status DamagedValue() {
  return absl::DataLossError("a value of the snapshot cannot be read");
}

}  // namespace

bool DistinctFill::IsFor(AggregateTable& table, int set) {
  const DistinctWords* const words = table.distinct(set).words();
  return words != nullptr && words->size() == 0;
}

DistinctFill::DistinctFill(AggregateTable* table, int set)
    : table_(table),
      values_(&table->distinct(set)),
      words_(values_->words()),
      parts_(kParts) {}

absl::Status DistinctFill::Begin(
    std::span<const SnapshotReader::Range> ranges) {
  uint64_t count = 1;
  for (const SnapshotReader::Range& range : ranges) {
    count += range.entries;
    Range& own = ranges_.emplace_back(table_->NewCharge());
    const uint64_t each = range.entries / kParts;
    const uint64_t expected = each + each / kMorePart;
    own.bytes = static_cast<int64_t>(kParts * expected *
                                     sizeof(DistinctWords::Entry));
    RETURN_IF_ERROR(own.charge.Hold(own.bytes));
    for (auto& part : own.parts) part.reserve(expected);
  }
  return words_->Reserve(count);
}

absl::Status DistinctFill::Add(size_t range, const EntryBatch& entries) {
  Range& own = ranges_[range];
  int64_t grown_bytes = 0;
  for (size_t i = 0; i < entries.keys.size(); ++i) {
    const absl::string_view key = entries.keys[i];
    if (own.head.empty() || !absl::StartsWith(key, own.head)) {
      const std::optional<ValueKey> parsed = ParseValueKey(key, 0);
      if (!parsed) return DamagedValue();
      ASSIGN_OR_RETURN(own.group, table_->RestoredId(parsed->group_key));
      own.head.assign(key.data(), parsed->head_bytes);
    }
    DistinctWords::Entry entry;
    if (!values_->WordOf({.group = own.group,
                          .value = key.substr(own.head.size()),
                          .slot = entries.values[i]},
                         &entry)) {
      return DamagedValue();
    }
    auto& part = own.parts[words_->PartOf(entry)];
    const size_t capacity = part.capacity();
    part.push_back(entry);
    grown_bytes +=
        static_cast<int64_t>((part.capacity() - capacity) * sizeof entry);
  }
  own.bytes += grown_bytes;
  return own.charge.Hold(own.bytes);
}

void DistinctFill::FillPart(int part) {
  Part& own = parts_[part];
  for (const Range& range : ranges_) {
    own.size += words_->FillPart(part, own.size, range.parts[part], own.left);
  }
}

absl::Status DistinctFill::Finish() {
  ranges_.clear();
  for (Part& part : parts_) words_->NoteFilled(part.size);
  uint64_t changed;
  for (const Part& part : parts_) {
    for (const DistinctWords::Entry& entry : part.left) {
      const uint64_t mask = entry.bits;
      RETURN_IF_ERROR(
          words_->Apply(&entry.word, &entry.group, &mask, 1, &changed));
    }
  }
  parts_.clear();
  return absl::OkStatus();
}

}  // namespace millrace
