#include "sql/binder/call_resolver.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "sql/binder/coercion.h"
#include "sql/binder/flink_functions.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

absl::Status AtLocation(const absl::Status& status,
                        const SourceLocation& location) {
  if (status.ok() || ErrorLocation(status)) return status;
  const std::string code = ErrorCode(status).value_or("SQL-0199");
  // Where a border added its context, the code stands inside.
  std::string what = absl::StrReplaceAll(
      status.message(), {{absl::StrCat(code, ": "), ""}});
  std::string fix;
  // What is to be done is a sentence of its own.
  for (size_t i = 0; i + 2 < what.size(); ++i) {
    if (what[i] == '.' && what[i + 1] == ' ' &&
        absl::ascii_isupper(what[i + 2])) {
      fix = what.substr(i + 2);
      what.resize(i);
      break;
    }
  }
  return SqlError({.code = code,
                   .location = location,
                   .what = std::move(what),
                   .why = {},
                   .fix = std::move(fix)});
}

absl::StatusOr<Expr> ResolveCall(const FunctionRegistry& functions,
                                 absl::string_view name,
                                 std::vector<Expr> args,
                                 const SourceLocation& location) {
  const Function* function = functions.Find(name);
  if (function == nullptr) {
    if (IsFlinkFunction(name)) {
      return NotBuiltYet(location, absl::StrCat("function ", name));
    }
    return SqlError({.code = "SQL-0116",
                     .location = location,
                     .what = absl::StrCat("there is no function `", name, "`"),
                     .why = {},
                     .fix = DidYouMean(name, functions.Names())});
  }
  std::vector<ArgumentInfo> infos;
  for (const Expr& arg : args) {
    const bool literal = arg.kind == Expr::Kind::kLiteral;
    infos.push_back({arg.type, literal ? &arg.literal : nullptr});
  }
  auto resolved = function->resolve(infos);
  if (!resolved.ok()) return AtLocation(resolved.status(), location);
  for (size_t i = 0; i < args.size() && i < resolved->args.size(); ++i) {
    args[i] = CastTo(std::move(args[i]), resolved->args[i]);
  }
  return Expr::Call(function->name, std::move(resolved->result),
                    std::move(args));
}

}  // namespace millrace::sql
