#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/value.h"

namespace millrace {

// A bound, typed scalar expression over the columns of one input: an immutable
// tree of values that goes into plans and is compiled by an Evaluator.
//
// Functions are named by their registered name ("UPPER", "=", "CAST"); the
// name is part of the plan format and is never reused for another meaning.
// Arguments already have the types the function's signature demands: casts are
// explicit calls.
struct Expr {
  enum class Kind : uint8_t {
    kColumn = 0,   // the input's column `column`
    kLiteral = 1,  // `literal`
    kCall = 2,     // strict function: every argument is evaluated
    kField = 3,    // field `column` of args[0], a ROW
    kAnd = 4,      // lazy, three-valued; two or more args
    kOr = 5,       // lazy, three-valued; two or more args
    kCase = 6,     // lazy: condition, result, condition, result, ..., else
    kCoalesce = 7  // lazy: the first that is not NULL
  };

  Kind kind = Kind::kLiteral;
  LogicalType type;
  int32_t column = 0;
  Value literal;
  std::string function;
  std::vector<Expr> args;

  static Expr Column(int32_t column, LogicalType type);
  static Expr Literal(Value value, LogicalType type);
  static Expr Call(absl::string_view function, LogicalType type,
                   std::vector<Expr> args);
  static Expr Field(Expr row, int32_t field);
  static Expr Lazy(Kind kind, LogicalType type, std::vector<Expr> args);

  friend bool operator==(const Expr&, const Expr&) = default;
};

// For plans and messages: "UPPER($2)", "($0 + 1)", "CASE WHEN .. END"; columns
// by `names` where given.
std::string ToString(const Expr& expr,
                     const std::vector<std::string>* names = nullptr);

// Calls `visit` on `expr` and everything below it, parents first.
template <typename Visit>
void ForEachExpr(const Expr& expr, Visit&& visit) {
  visit(expr);
  for (const Expr& arg : expr.args) ForEachExpr(arg, visit);
}

}  // namespace millrace
