#include "runtime/expr/evaluator.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/expr/expression_compiler.h"
#include "runtime/expr/expression_node.h"

namespace millrace {
namespace {

class NodeEvaluator final : public Evaluator {
 public:
  NodeEvaluator(std::vector<std::unique_ptr<Node>> nodes,
                std::vector<Node*> roots)
      : nodes_(std::move(nodes)), roots_(std::move(roots)) {}

  std::vector<VectorRef> Evaluate(const Batch& batch, Selection rows,
                                  RowErrors& errors) override {
    const Frame frame{batch, errors, ++batch_number_};
    std::vector<VectorRef> results;
    results.reserve(roots_.size());
    for (size_t i = 0; i < roots_.size(); ++i) {
      errors.BeginExpression(static_cast<int>(i));
      results.push_back(roots_[i]->Evaluate(frame, rows));
    }
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
      (*node)->EndBatch();
    }
    return results;
  }

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Node*> roots_;
  uint64_t batch_number_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Evaluator>> Evaluator::Compile(
    std::span<const Expr> exprs, const FunctionRegistry& registry,
    const FunctionContext& context) {
  std::vector<std::unique_ptr<Node>> nodes;
  ASSIGN_OR_RETURN(
      std::vector<Node*> roots,
      ExpressionCompiler(registry, context).Compile(exprs, nodes));
  return std::make_unique<NodeEvaluator>(std::move(nodes), std::move(roots));
}

void SelectTrue(const Vector& condition, Selection rows,
                std::vector<uint32_t>& out) {
  const size_t start = out.size();
  out.resize(start + rows.size());
  uint32_t* const selected = out.data() + start;
  const uint8_t* const truth = condition.data<uint8_t>();
  const uint32_t mask = condition.index_mask();
  uint32_t size = 0;
  if (condition.may_have_nulls()) {
    rows.ForEach([&](uint32_t row) {
      selected[size] = row;
      size += !condition.IsNull(row) && truth[row & mask] != 0;
    });
  } else {
    rows.ForEach([&](uint32_t row) {
      selected[size] = row;
      size += truth[row & mask] != 0;
    });
  }
  out.resize(start + size);
}

}  // namespace millrace
