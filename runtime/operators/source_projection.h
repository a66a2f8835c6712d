#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/guarded_evaluator.h"

namespace millrace {

// Turns what a source's reader decoded into the source's output row, with what
// the row says of the watermark and whether the query wants it.
//
// Not thread-safe. A row on which an expression fails ends the attempt, or is
// left out (GuardedEvaluator).
class SourceProjection {
 public:
  struct Parts {
    // Null where the decoded columns are the output.
    std::unique_ptr<GuardedEvaluator> columns;
    // Over the output: the watermark's expression, then the filter, each where
    // there is one. Null without either.
    std::unique_ptr<GuardedEvaluator> conditions;
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
  Parts parts_;
};

}  // namespace millrace
