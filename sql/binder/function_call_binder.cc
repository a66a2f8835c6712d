#include "sql/binder/function_call_binder.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/conditional_binder.h"
#include "sql/binder/group_window_binder.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

absl::Status Misused(const SourceLocation& location, std::string what,
                     std::string why) {
  return SqlError({.code = "SQL-0118",
                   .location = location,
                   .what = std::move(what),
                   .why = std::move(why),
                   .fix = {}});
}

// What only aggregates and table functions take.
absl::Status CheckScalar(const FunctionCall& call, absl::string_view name,
                         const SourceLocation& location) {
  if (call.over) {
    return NotBuiltYet(location, absl::StrCat(name, " OVER (...)"));
  }
  if (call.json != nullptr) {
    return NotBuiltYet(location, absl::StrCat("function ", name));
  }
  if (call.star || call.quantifier != SetQuantifier::kNone || call.filter) {
    return Misused(location,
                   absl::StrCat(name, " takes no *, DISTINCT or FILTER"),
                   "it is no aggregate function");
  }
  for (const FunctionArgument& argument : call.arguments) {
    if (argument.name) {
      return Misused(argument.name->location,
                     absl::StrCat(name, " takes no named arguments"), "");
    }
  }
  return absl::OkStatus();
}

// Words such as the unit of EXTRACT go to the library as text.
absl::StatusOr<Expr> BindArgument(ExpressionBinder& binder,
                                  const Expression& argument) {
  if (const auto* symbol = argument.As<Symbol>()) {
    const int length = static_cast<int>(symbol->word.size());
    return Expr::Literal(Value::Text(symbol->word),
                         LogicalType::Char(length).NotNull());
  }
  return binder.Bind(argument);
}

}  // namespace

absl::StatusOr<std::string> FunctionNameOf(const FunctionCall& call) {
  if (call.name.parts.size() != 1) {
    return SqlError({.code = "SQL-0116",
                     .location = call.name.location,
                     .what = "there are no functions in catalogs",
                     .why = "built-in functions have a name of one part",
                     .fix = {}});
  }
  return absl::AsciiStrToUpper(call.name.parts[0].text);
}

absl::StatusOr<Expr> BindFunctionCall(ExpressionBinder& binder,
                                      const FunctionCall& call,
                                      const SourceLocation& location) {
  ASSIGN_OR_RETURN(const std::string name, FunctionNameOf(call));
  if (IsAggregateFunction(name)) {
    return BindAggregate(binder, name, call, location);
  }
  RETURN_IF_ERROR(CheckScalar(call, name, location));
  if (IsGroupWindowFunction(name)) {
    return BindWindowProperty(binder, name, call, location);
  }
  std::vector<Expr> args;
  for (const FunctionArgument& argument : call.arguments) {
    ASSIGN_OR_RETURN(Expr arg, BindArgument(binder, *argument.value));
    args.push_back(std::move(arg));
  }
  ASSIGN_OR_RETURN(std::optional<Expr> conditional,
                   BindConditional(binder, name, args, location));
  if (conditional) return *std::move(conditional);
  return binder.Call(name, std::move(args), location);
}

}  // namespace millrace::sql
