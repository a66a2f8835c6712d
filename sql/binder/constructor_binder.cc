#include "sql/binder/constructor_binder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

absl::StatusOr<Expr> BindConstructor(ExpressionBinder& binder,
                                     const Constructor& constructor,
                                     const SourceLocation& location) {
  ASSIGN_OR_RETURN(std::vector<Expr> elements,
                   binder.BindAll(constructor.elements));
  switch (constructor.kind) {
    case ConstructorKind::kRow:
      return binder.Call("ROW", std::move(elements), location);
    case ConstructorKind::kArray:
      return binder.Call("ARRAY", std::move(elements), location);
    case ConstructorKind::kMap:
      return binder.Call("MAP", std::move(elements), location);
    case ConstructorKind::kMultiset:
      return NotBuiltYet(location, "MULTISET[...]");
  }
  return absl::InternalError("constructor of an unknown kind");
}

absl::StatusOr<Expr> BindElementAccess(ExpressionBinder& binder,
                                       const ElementAccess& access,
                                       const SourceLocation& location) {
  ASSIGN_OR_RETURN(Expr collection, binder.Bind(*access.collection));
  ASSIGN_OR_RETURN(Expr index, binder.Bind(*access.index));
  if (collection.type.Is(TypeRoot::kRow)) {
    const auto* name = std::get_if<std::string>(&index.literal.data);
    if (index.kind == Expr::Kind::kLiteral && name != nullptr) {
      return FieldOf(std::move(collection),
                     {*name, access.index->location, true});
    }
  }
  std::vector<Expr> args;
  args.push_back(std::move(collection));
  args.push_back(std::move(index));
  return binder.Call("ITEM", std::move(args), location);
}

}  // namespace millrace::sql
