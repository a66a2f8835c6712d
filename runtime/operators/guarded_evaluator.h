#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/expr/evaluator.h"
#include "runtime/operators/row_failures.h"

namespace millrace {

// An Evaluator with what an operator does about rows on which an expression
// fails: it fails the job with a message that tells operator, expression and
// row, or takes them out of the batch and hands them to RowFailures.
//
// Owned by one operator, called by its worker only.
class GuardedEvaluator {
 public:
  struct Options {
    std::string op;  // The operator's name, for messages.
    std::vector<RowField> columns;  // Of the input.
    // What each expression is, in front of its text: "q = ", "the filter ".
    std::vector<std::string> labels;
    RowFailures* failures = nullptr;  // Outlives this; null: the job fails.
    // False where the same rows went through another of the operator's.
    bool counts_rows = true;
  };

  // Errors as Evaluator::Compile. REQUIRES: a label for each expression.
  static absl::StatusOr<std::unique_ptr<GuardedEvaluator>> Compile(
      std::span<const Expr> exprs, Options options,
      const FunctionRegistry& registry, const FunctionContext& functions);

  // One vector for each expression, defined at the rows that are selected
  // when it returns: failed rows are selected no more. Errors end the attempt.
  absl::StatusOr<std::vector<VectorRef>> Evaluate(Batch& batch);

 private:
  // An expression for people.
  struct Told {
    std::string text;  // "q = (a / b)"
    std::vector<int32_t> columns;  // That it reads.
  };

  GuardedEvaluator(std::unique_ptr<Evaluator> evaluator, Options options,
                   std::vector<Told> told)
      : evaluator_(std::move(evaluator)),
        options_(std::move(options)),
        told_(std::move(told)) {}

  absl::Status JobFails(const Batch& batch,
                        const RowErrors::Entry& error) const;
  absl::Status TakeOut(Batch& batch);

  const std::unique_ptr<Evaluator> evaluator_;
  const Options options_;
  const std::vector<Told> told_;
  RowErrors errors_;
};

// The label of each of these columns: "q = ".
std::vector<std::string> LabelsOf(const std::vector<RowField>& columns);

}  // namespace millrace
