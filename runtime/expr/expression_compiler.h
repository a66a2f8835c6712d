#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/expr/expression.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/function_registry.h"

namespace millrace {

// Turns expressions into nodes: equal deterministic sub-expressions become one
// node, constant ones a constant, casts that change nothing disappear. Used
// once, to compile one Evaluator.
class ExpressionCompiler {
 public:
  ExpressionCompiler(const FunctionRegistry& registry,
                     const FunctionContext& context)
      : registry_(registry), context_(context) {}

  // One node an expression; `nodes` owns them and all below, children first.
  absl::StatusOr<std::vector<Node*>> Compile(
      std::span<const Expr> exprs, std::vector<std::unique_ptr<Node>>& nodes);

 private:
  // A distinct sub-expression.
  struct Slot {
    const Expr* expr;
    std::vector<int> args;
    int uses = 0;
    Node* node = nullptr;
    std::optional<Value> constant;
  };

  int Intern(const Expr& expr);
  std::string KeyOf(const Expr& expr, const std::vector<int>& args);
  absl::Status Build(int slot, std::vector<std::unique_ptr<Node>>& nodes);
  absl::StatusOr<std::unique_ptr<Node>> MakeNode(const Slot& slot);
  absl::StatusOr<std::unique_ptr<Node>> MakeCall(const Slot& slot);
  bool IsFoldable(const Slot& slot) const;
  // The value of a node that needs no column; none where it fails: then it
  // fails again, on the rows that reach it.
  std::optional<Value> Fold(Node& node) const;

  const FunctionRegistry& registry_;
  FunctionContext context_;
  std::vector<Slot> slots_;
  absl::flat_hash_map<std::string, int> known_;
};

}  // namespace millrace
