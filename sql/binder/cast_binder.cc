#include "sql/binder/cast_binder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/type_coercion.h"
#include "sql/binder/call_resolver.h"
#include "sql/binder/coercion.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

absl::StatusOr<Expr> BindCast(ExpressionBinder& binder, const Cast& cast,
                              const SourceLocation& location) {
  if (!cast.type.unsupported.empty()) {
    return NotBuiltYet(cast.type.location,
                       absl::StrCat("type ", cast.type.unsupported));
  }
  ASSIGN_OR_RETURN(Expr value, binder.Bind(*cast.value));
  const LogicalType& target = cast.type.type;
  if (!value.type.Is(TypeRoot::kNull)) {
    const absl::Status allowed = CheckExplicitCast(value.type, target);
    if (!allowed.ok()) return AtLocation(allowed, location);
  }
  if (!cast.try_cast) return CastTo(std::move(value), target);
  Expr checked = CastTo(std::move(value), target);
  if (checked.kind == Expr::Kind::kCall && checked.function == "CAST") {
    checked.function = "TRY_CAST";
    checked.type = checked.type.AsNullable();
  }
  return checked;
}

}  // namespace millrace::sql
