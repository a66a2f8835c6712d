#include "runtime/expr/expression_compiler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

// An unambiguous text of a literal.
void AppendKey(const Value& value, std::string& key) {
  absl::StrAppend(&key, value.data.index(), ":");
  if (const auto* flag = std::get_if<bool>(&value.data)) {
    absl::StrAppend(&key, *flag ? 1 : 0);
  } else if (const auto* text = std::get_if<std::string>(&value.data)) {
    absl::StrAppend(&key, text->size(), ":", *text);
  } else if (const auto* items = std::get_if<Value::Children>(&value.data)) {
    absl::StrAppend(&key, items->size(), "[");
    for (const Value& item : *items) AppendKey(item, key);
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    absl::StrAppend(&key, *integer, ";");
  } else {
    const auto append_bytes = [&key](const auto& number) {
      key.append(reinterpret_cast<const char*>(&number), sizeof(number));
    };
    if (const auto* wide = std::get_if<__int128>(&value.data)) {
      append_bytes(*wide);
    } else if (const auto* real = std::get_if<double>(&value.data)) {
      append_bytes(*real);
    } else if (const auto* nanos = std::get_if<TimeNanos>(&value.data)) {
      append_bytes(*nanos);
    }
  }
}

bool IsIdleCast(const Expr& expr) {
  return expr.kind == Expr::Kind::kCall &&
         (expr.function == "CAST" || expr.function == "TRY_CAST") &&
         IsSameRepresentation(expr.args[0].type, expr.type);
}

}  // namespace

absl::StatusOr<std::vector<Node*>> ExpressionCompiler::Compile(
    std::span<const Expr> exprs, std::vector<std::unique_ptr<Node>>& nodes) {
  std::vector<int> roots;
  for (const Expr& expr : exprs) {
    roots.push_back(Intern(expr));
    ++slots_[roots.back()].uses;
  }
  std::vector<Node*> result;
  for (const int root : roots) {
    RETURN_IF_ERROR(Build(root, nodes));
    result.push_back(slots_[root].node);
  }
  return result;
}

int ExpressionCompiler::Intern(const Expr& expr) {
  if (IsIdleCast(expr)) return Intern(expr.args[0]);
  std::vector<int> args;
  for (const Expr& arg : expr.args) args.push_back(Intern(arg));
  std::string key = KeyOf(expr, args);
  const auto [found, is_new] =
      known_.try_emplace(std::move(key), static_cast<int>(slots_.size()));
  if (is_new) {
    for (const int arg : args) ++slots_[arg].uses;
    slots_.push_back({.expr = &expr, .args = std::move(args)});
  }
  return found->second;
}

std::string ExpressionCompiler::KeyOf(const Expr& expr,
                                      const std::vector<int>& args) {
  std::string key =
      absl::StrCat(static_cast<int>(expr.kind), "|", expr.column, "|",
                   expr.function, "|", expr.type.ToString(), "|");
  for (const int arg : args) absl::StrAppend(&key, arg, ",");
  if (expr.kind == Expr::Kind::kLiteral) AppendKey(expr.literal, key);
  if (expr.kind == Expr::Kind::kCall) {
    const Function* function = registry_.Find(expr.function);
    if (function == nullptr || !function->traits.deterministic) {
      absl::StrAppend(&key, "#", slots_.size());
    }
  }
  return key;
}

absl::Status ExpressionCompiler::Build(
    int slot, std::vector<std::unique_ptr<Node>>& nodes) {
  if (slots_[slot].node != nullptr) return absl::OkStatus();
  for (const int arg : slots_[slot].args) {
    RETURN_IF_ERROR(Build(arg, nodes));
  }
  Slot& built = slots_[slot];
  ASSIGN_OR_RETURN(std::unique_ptr<Node> node, MakeNode(built));
  if (built.expr->kind == Expr::Kind::kLiteral) {
    built.constant = built.expr->literal;
  } else if (IsFoldable(built)) {
    built.constant = Fold(*node);
    if (built.constant) {
      node = MakeConstantNode(built.expr->type, *built.constant);
    }
  }
  if (built.uses > 1 && !built.constant &&
      built.expr->kind != Expr::Kind::kColumn) {
    node = MakeSharedNode(built.expr->type, std::move(node));
  }
  built.node = node.get();
  nodes.push_back(std::move(node));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Node>> ExpressionCompiler::MakeNode(
    const Slot& slot) {
  const Expr& expr = *slot.expr;
  std::vector<Node*> args;
  for (const int arg : slot.args) args.push_back(slots_[arg].node);
  switch (expr.kind) {
    case Expr::Kind::kColumn: return MakeColumnNode(expr.column);
    case Expr::Kind::kLiteral:
      return MakeConstantNode(expr.type, expr.literal);
    case Expr::Kind::kField:
      return MakeFieldNode(args[0], expr.column, expr.type);
    case Expr::Kind::kCall:
      // Lazy or without a copy, which a kernel cannot be.
      if (expr.function == "IF") return MakeCaseNode(expr.type, args);
      if (expr.function == "IFNULL") return MakeCoalesceNode(expr.type, args);
      if (expr.function == "ROW") return MakeRowNode(args);
      return MakeCall(slot);
    case Expr::Kind::kAnd: return MakeLogicNode(false, std::move(args));
    case Expr::Kind::kOr: return MakeLogicNode(true, std::move(args));
    case Expr::Kind::kCase: return MakeCaseNode(expr.type, std::move(args));
    case Expr::Kind::kCoalesce:
      return MakeCoalesceNode(expr.type, std::move(args));
  }
  return absl::InternalError("unknown kind of expression");
}

absl::StatusOr<std::unique_ptr<Node>> ExpressionCompiler::MakeCall(
    const Slot& slot) {
  const Expr& expr = *slot.expr;
  const Function* function = registry_.Find(expr.function);
  if (function == nullptr) {
    return UserError({.code = "SQL-0100",
                      .what = absl::StrCat("no function `", expr.function,
                                           "`"),
                      .fix = "SHOW FUNCTIONS lists those that exist."});
  }
  CallNodeParts parts{.type = expr.type,
                      .null_in_null_out = function->traits.null_in_null_out};
  std::vector<ArgumentInfo> infos;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    const Slot& arg = slots_[slot.args[i]];
    infos.push_back({.type = expr.args[i].type,
                     .literal = arg.constant ? &*arg.constant : nullptr});
    parts.args.push_back(arg.node);
  }
  ASSIGN_OR_RETURN(parts.kernel,
                   function->make_kernel(infos, expr.type, context_));
  return MakeCallNode(std::move(parts));
}

bool ExpressionCompiler::IsFoldable(const Slot& slot) const {
  const Expr& expr = *slot.expr;
  if (expr.kind == Expr::Kind::kColumn) return false;
  if (expr.kind == Expr::Kind::kCall &&
      !registry_.Find(expr.function)->traits.deterministic) {
    return false;
  }
  for (const int arg : slot.args) {
    if (!slots_[arg].constant) return false;
  }
  return true;
}

std::optional<Value> ExpressionCompiler::Fold(Node& node) const {
  Batch batch;
  batch.row_count = 1;
  RowErrors errors;
  const Frame frame{batch, errors, 1};
  const VectorRef result = node.Evaluate(frame, Selection::All(1));
  if (!errors.empty()) return std::nullopt;
  return ValueAt(*result, 0);
}

}  // namespace millrace
