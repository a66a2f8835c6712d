#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/operators/group_aggregate_operator.h"

namespace millrace {

// The rows and calls of a Nexmark query's aggregate, made up: keys are drawn
// evenly from `key_count`, so that no cache is flattered by hot ones.
class AggregateLoad {
 public:
  // "q17": by auction; "q16": by channel, with two sets of distinct values.
  AggregateLoad(const std::string& query, uint64_t key_count);

  absl::StatusOr<std::unique_ptr<Operator>> Open(
      const OperatorContext& context) const;
  // kMaxBatchRows rows, of keys below `key_limit`.
  Batch Next(uint64_t key_limit);
  // Batch number `number` of those that together have each key once.
  Batch Each(uint64_t number) const;
  uint64_t key_count() const { return key_count_; }

 private:
  Batch BatchFrom(const std::vector<uint64_t>& keys) const;

  const bool distinct_;
  const uint64_t key_count_;
  std::vector<LogicalType> input_;
  std::mt19937_64 random_{1};
};

}  // namespace millrace
