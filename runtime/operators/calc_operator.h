#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/expr/evaluator.h"
#include "runtime/operators/operator.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// Filters, then projects; keeps row kinds and drops hashes. One batch out for
// each batch in. A row on which an expression fails fails the job.
class CalcOperator final : public Operator {
 public:
  // `input` are the input row's types. Errors as Evaluator::Compile.
  static absl::StatusOr<std::unique_ptr<Operator>> Open(
      const CalcSpec& spec, const std::vector<LogicalType>& input,
      const FunctionRegistry& registry, const FunctionContext& functions,
      const OperatorContext& context);

  absl::StatusOr<Progress> Process(int input, const Batch& batch,
                                   Output& output) override;

 private:
  CalcOperator(std::string name, std::unique_ptr<Evaluator> filter,
               std::unique_ptr<Evaluator> projection)
      : name_(std::move(name)),
        filter_(std::move(filter)),
        projection_(std::move(projection)) {}

  absl::Status FirstError() const;

  std::string name_;
  std::unique_ptr<Evaluator> filter_;      // Null: every row passes.
  std::unique_ptr<Evaluator> projection_;  // Null: the columns as they are.
  RowErrors errors_;
};

}  // namespace millrace
