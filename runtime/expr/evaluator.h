#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/batch/batch.h"
#include "runtime/expr/expression.h"
#include "runtime/expr/function_registry.h"

namespace millrace {

// Computes a list of expressions over batches, a column at a time.
//
// Equal sub-expressions are computed once a batch, constants once for all.
// Lazy kinds narrow the rows their branches see, so an error in a branch not
// taken never happens. A column that only passes through is the input's own.
// Results lie at the rows of the input: out[row] is defined for each row in
// the selection given, and unspecified for others.
//
// Owned by one operator, called by its worker only.
class Evaluator {
 public:
  // Errors: kInvalidArgument when a function is unknown or a literal argument
  // is unusable (a bad pattern).
  static absl::StatusOr<std::unique_ptr<Evaluator>> Compile(
      std::span<const Expr> exprs, const FunctionRegistry& registry,
      const FunctionContext& context);

  virtual ~Evaluator() = default;

  // One vector for each expression. Rows that failed are added to `errors`
  // with the first expression that failed on them, their results NULL.
  virtual std::vector<VectorRef> Evaluate(const Batch& batch, Selection rows,
                                          RowErrors& errors) = 0;
};

// The rows of `rows` where the boolean `condition` is TRUE, neither FALSE nor
// NULL, appended to `out`.
void SelectTrue(const Vector& condition, Selection rows,
                std::vector<uint32_t>& out);

}  // namespace millrace
