#include "bench/state/aggregate_load.h"

#include <algorithm>
#include <numeric>

namespace millrace {
namespace {

constexpr uint64_t kChannels = 10'000;  // As Nexmark has.

// Neighbours in number are no neighbours in key.
uint64_t Spread(uint64_t number) { return number * 0x9e3779b97f4a7c15; }

}  // namespace

AggregateLoad::AggregateLoad(const std::string& query, uint64_t key_count)
    : distinct_(query == "q16"),
      key_count_(key_count),
      input_(3, LogicalType::BigInt()) {}

absl::StatusOr<std::unique_ptr<Operator>> AggregateLoad::Open(
    const OperatorContext& context) const {
  const LogicalType big_int = LogicalType::BigInt();
  const auto over = [&](std::string function, int column, bool distinct) {
    return AggregateCall{.function = std::move(function), .args = {column},
                         .arg_types = {big_int}, .distinct = distinct,
                         .result = big_int};
  };
  GroupAggregateSpec spec = {.keys = {0}};
  spec.calls = {{.function = "COUNT", .result = big_int}};
  if (distinct_) {
    spec.calls.push_back(over("COUNT", 1, true));
    spec.calls.push_back(over("COUNT", 2, true));
  } else {
    for (const char* function : {"MIN", "MAX", "AVG", "SUM"}) {
      spec.calls.push_back(over(function, 2, false));
    }
  }
  return GroupAggregateOperator::Open(spec, input_, context);
}

Batch AggregateLoad::Next(uint64_t key_limit) {
  std::vector<uint64_t> keys(kMaxBatchRows);
  for (uint64_t& key : keys) key = random_() % key_limit;
  return BatchFrom(keys);
}

Batch AggregateLoad::Each(uint64_t number) const {
  const uint64_t first = number * kMaxBatchRows;
  std::vector<uint64_t> keys(std::min<uint64_t>(kMaxBatchRows,
                                                key_count_ - first));
  std::iota(keys.begin(), keys.end(), first);
  return BatchFrom(keys);
}

Batch AggregateLoad::BatchFrom(const std::vector<uint64_t>& keys) const {
  Batch batch = {.row_count = static_cast<uint32_t>(keys.size())};
  for (int column = 0; column < 3; ++column) {
    auto vector = std::make_shared<Vector>(PhysicalType::kInt64, keys.size());
    auto* values = vector->data<int64_t>();
    for (size_t i = 0; i < keys.size(); ++i) {
      const uint64_t key = keys[i];
      values[i] = static_cast<int64_t>(
          !distinct_      ? Spread(key) >> (8 * column)
          : column == 0   ? Spread(key % kChannels)
          : column == 1   ? Spread(key)
                          : key / 16);
    }
    batch.columns.push_back(std::move(vector));
  }
  return batch;
}

}  // namespace millrace
