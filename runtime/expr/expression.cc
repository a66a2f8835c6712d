#include "runtime/expr/expression.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

std::string LiteralText(const Expr& expr) {
  std::string text = ValueText(expr.literal, expr.type);
  if (expr.literal.is_null()) return text;
  const bool quoted = expr.type.IsCharacter() || expr.type.IsBinary() ||
                      expr.type.IsTemporal() || expr.type.IsInterval();
  return quoted ? absl::StrCat("'", text, "'") : text;
}

// "+", "<=" and the like stand between their arguments.
bool IsSign(absl::string_view function) {
  return !function.empty() && !absl::ascii_isalnum(function[0]);
}

class Printer {
 public:
  explicit Printer(const std::vector<std::string>* names) : names_(names) {}

  std::string Print(const Expr& expr) const {
    switch (expr.kind) {
      case Expr::Kind::kColumn: return ColumnText(expr.column);
      case Expr::Kind::kLiteral: return LiteralText(expr);
      case Expr::Kind::kField:
        return absl::StrCat(
            Print(expr.args[0]), ".",
            expr.args[0].type.fields()[expr.column].name);
      case Expr::Kind::kCall: return CallText(expr);
      case Expr::Kind::kAnd: return Joined(expr, " AND ");
      case Expr::Kind::kOr: return Joined(expr, " OR ");
      case Expr::Kind::kCase: return CaseText(expr);
      case Expr::Kind::kCoalesce:
        return absl::StrCat("COALESCE(", List(expr), ")");
    }
    return "?";
  }

 private:
  std::string ColumnText(int32_t column) const {
    if (names_ != nullptr && column < static_cast<int32_t>(names_->size())) {
      return (*names_)[column];
    }
    return absl::StrCat("$", column);
  }

  std::string List(const Expr& expr) const {
    std::string text;
    for (const Expr& arg : expr.args) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", Print(arg));
    }
    return text;
  }

  std::string Joined(const Expr& expr, absl::string_view between) const {
    std::string text = "(";
    for (size_t i = 0; i < expr.args.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : between, Print(expr.args[i]));
    }
    return text + ")";
  }

  std::string CallText(const Expr& expr) const {
    if (expr.function == "CAST" || expr.function == "TRY_CAST") {
      return absl::StrCat(expr.function, "(", List(expr), " AS ",
                          expr.type.AsNullable().ToString(), ")");
    }
    const bool infix = IsSign(expr.function) ||
                       expr.function == "IS DISTINCT FROM" ||
                       expr.function == "IS NOT DISTINCT FROM";
    if (infix && expr.args.size() == 2) {
      return Joined(expr, absl::StrCat(" ", expr.function, " "));
    }
    if (absl::StartsWith(expr.function, "IS ") && expr.args.size() == 1) {
      return absl::StrCat("(", Print(expr.args[0]), " ", expr.function, ")");
    }
    return absl::StrCat(expr.function, "(", List(expr), ")");
  }

  std::string CaseText(const Expr& expr) const {
    std::string text = "CASE";
    for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      absl::StrAppend(&text, " WHEN ", Print(expr.args[i]), " THEN ",
                      Print(expr.args[i + 1]));
    }
    absl::StrAppend(&text, " ELSE ", Print(expr.args.back()), " END");
    return text;
  }

  const std::vector<std::string>* names_;
};

}  // namespace

Expr Expr::Column(int32_t column, LogicalType type) {
  Expr expr;
  expr.kind = Kind::kColumn;
  expr.type = std::move(type);
  expr.column = column;
  return expr;
}

Expr Expr::Literal(Value value, LogicalType type) {
  Expr expr;
  expr.kind = Kind::kLiteral;
  expr.type = std::move(type);
  expr.literal = std::move(value);
  return expr;
}

Expr Expr::Call(absl::string_view function, LogicalType type,
                std::vector<Expr> args) {
  Expr expr;
  expr.kind = Kind::kCall;
  expr.type = std::move(type);
  expr.function = std::string(function);
  expr.args = std::move(args);
  return expr;
}

Expr Expr::Field(Expr row, int32_t field) {
  Expr expr;
  expr.kind = Kind::kField;
  const LogicalType& type = row.type.fields()[field].type;
  // A field of a row that is NULL is NULL.
  expr.type = type.WithNullable(type.nullable() || row.type.nullable());
  expr.column = field;
  expr.args.push_back(std::move(row));
  return expr;
}

Expr Expr::Lazy(Kind kind, LogicalType type, std::vector<Expr> args) {
  MILLRACE_CHECK(kind >= Kind::kAnd);
  Expr expr;
  expr.kind = kind;
  expr.type = std::move(type);
  expr.args = std::move(args);
  return expr;
}

std::string ToString(const Expr& expr, const std::vector<std::string>* names) {
  return Printer(names).Print(expr);
}

}  // namespace millrace
