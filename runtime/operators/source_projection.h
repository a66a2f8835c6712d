#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/expr/evaluator.h"

namespace millrace {

// Turns what a source's reader decoded into the source's output row, with what
// the row says of the watermark and whether the query wants it.
//
// Not thread-safe. An error of an expression ends the attempt.
class SourceProjection {
 public:
  struct Parts {
    std::string name;  // Of the operator, for messages.
    // Null where the decoded columns are the output.
    std::unique_ptr<Evaluator> columns;
    // Over the output: the watermark's expression, then the filter, each where
    // there is one. Null without either.
    std::unique_ptr<Evaluator> conditions;
    bool has_watermark = false;
    bool has_filter = false;
  };
  struct Rows {
    Batch batch;
    VectorRef watermarks;  // What each row stands for; null without any.
    VectorRef filter;      // TRUE where the row is wanted; null = every one.
  };

  explicit SourceProjection(Parts parts) : parts_(std::move(parts)) {}

  absl::StatusOr<Rows> Apply(Batch decoded);

 private:
  absl::StatusOr<std::vector<VectorRef>> Evaluate(Evaluator& evaluator,
                                                  const Batch& batch) const;

  Parts parts_;
};

}  // namespace millrace
