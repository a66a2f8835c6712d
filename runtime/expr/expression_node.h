#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/expr/function.h"

namespace millrace {

// What a compiled expression is made of: one node a distinct sub-expression,
// held by the Evaluator, children before parents.

struct Frame {
  const Batch& batch;
  RowErrors& errors;
  uint64_t number;  // Counts batches, from 1.
};

class Node {
 public:
  virtual ~Node() = default;

  // A vector whose values are defined at `rows`. It is shared: the caller only
  // reads it.
  virtual VectorRef Evaluate(const Frame& frame, Selection rows) = 0;

  // After a batch, parents before children. A result that somebody still holds
  // is let go: it may be read on another thread by now.
  virtual void EndBatch() {
    if (scratch_.use_count() > 1) scratch_.reset();
  }

 protected:
  // A vector to fill, every value present; last batch's where it is free.
  std::shared_ptr<Vector> NewResult(const LogicalType& type,
                                    const Frame& frame);

 private:
  std::shared_ptr<Vector> scratch_;
};

std::unique_ptr<Node> MakeColumnNode(int32_t column);
std::unique_ptr<Node> MakeConstantNode(const LogicalType& type,
                                       const Value& value);
std::unique_ptr<Node> MakeFieldNode(Node* row, int32_t field,
                                    LogicalType type);

std::unique_ptr<Node> MakeRowNode(std::vector<Node*> args);

struct CallNodeParts {
  LogicalType type;
  std::vector<Node*> args;
  std::unique_ptr<Kernel> kernel;
  bool null_in_null_out = true;
};
std::unique_ptr<Node> MakeCallNode(CallNodeParts parts);

// AND where `stop` is false, OR where it is true: three-valued, left to right,
// a row that met `stop` is not evaluated further.
std::unique_ptr<Node> MakeLogicNode(bool stop, std::vector<Node*> args);
// condition, result, ..., else.
std::unique_ptr<Node> MakeCaseNode(LogicalType type, std::vector<Node*> args);
std::unique_ptr<Node> MakeCoalesceNode(LogicalType type,
                                       std::vector<Node*> args);

// Remembers the result of `inner` within a batch, for the rows it was asked
// for; others are computed when somebody asks for them.
std::unique_ptr<Node> MakeSharedNode(LogicalType type,
                                     std::unique_ptr<Node> inner);

// Makes the value at `row` NULL and its slot a valid one.
void ClearRow(Vector& vector, uint32_t row);

}  // namespace millrace
