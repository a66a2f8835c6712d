#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/guarded_evaluator.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// Filters, then projects; keeps row kinds and drops hashes. At most one batch
// out for each batch in. A row on which an expression fails fails the job, or
// goes where OperatorContext::row_failures puts it.
class CalcOperator final : public Operator {
 public:
  struct Rows {
    std::vector<RowField> input;
    std::vector<RowField> output;
  };
  // Errors as Evaluator::Compile.
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const CalcSpec& spec, const Rows& rows,
      const FunctionRegistry& registry, const FunctionContext& functions,
      const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;

 private:
  CalcOperator(std::unique_ptr<GuardedEvaluator> filter,
               std::unique_ptr<GuardedEvaluator> projection)
      : filter_(std::move(filter)), projection_(std::move(projection)) {}

  const std::unique_ptr<GuardedEvaluator> filter_;  // Null: every row passes.
  // Null: the columns as they are.
  const std::unique_ptr<GuardedEvaluator> projection_;
};

}  // namespace millrace
