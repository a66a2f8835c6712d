#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/aggregate_fold.h"
#include "runtime/operators/group_keys.h"
#include "runtime/operators/operator.h"
#include "runtime/operators/slice_assigner.h"
#include "runtime/operators/slice_rows.h"
#include "runtime/plan/aggregate_partials.h"

namespace millrace {

// The half of an aggregate before the exchange (AggregatePhase::kLocal): one
// row of partials for each key, and slice where there are windows, of a batch.
//
// Keeps nothing between batches, so it has no snapshot and delays nothing: the
// batch is the bundle. Rows are never late here; the global half decides.
class LocalAggregateOperator final : public Operator {
 public:
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const WindowAggregateSpec& spec, const std::vector<LogicalType>& input,
      const OperatorContext& context);
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const GroupAggregateSpec& spec, const std::vector<LogicalType>& input,
      const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;

 private:
  LocalAggregateOperator(const std::vector<int32_t>& keys,
                         const std::vector<LogicalType>& input,
                         const OperatorContext& context,
                         std::optional<SliceAssigner> assigner,
                         AggregateLayout layout);

  absl::Status Fold(const Batch& batch);
  absl::Status FoldSlice(const Batch& batch, Selection rows,
                         std::optional<int64_t> slice_end);

  std::optional<SliceAssigner> assigner_;  // None: no windows.
  AggregateLayout layout_;
  AggregateFold fold_;
  GroupKeys keys_;
  AggregateTable table_;
  SliceRows slice_rows_;
  std::vector<int64_t> slice_ends_;
  // Of the batch at hand; ready_[next_] comes next.
  bool emitting_ = false;
  std::vector<Batch> ready_;
  size_t next_ = 0;
};

}  // namespace millrace
