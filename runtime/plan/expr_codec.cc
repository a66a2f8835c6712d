#include "runtime/plan/expr_codec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"
#include "runtime/plan/value_codec.h"

namespace millrace {
namespace {

struct Junction {
  absl::string_view field;
  Expr::Kind kind;
};
constexpr Junction kJunctions[] = {{"and", Expr::Kind::kAnd},
                                   {"or", Expr::Kind::kOr},
                                   {"case", Expr::Kind::kCase},
                                   {"coalesce", Expr::Kind::kCoalesce}};

class Decoder {
 public:
  absl::StatusOr<Expr> Decode(const Json& json, const std::string& path,
                              int depth) {
    if (depth > kMaxExprDepth) return BadPlanText(path, "nested too deep");
    ObjectReader in(json, path);
    Expr expr;
    const std::string type = in.Text("type");
    if (!in.ok()) return in.Finish();
    ASSIGN_OR_RETURN(expr.type, DecodeType(type, in.PathOf("type")));
    RETURN_IF_ERROR(Fill(in, expr, depth));
    RETURN_IF_ERROR(in.Finish());
    return expr;
  }

 private:
  absl::Status Fill(ObjectReader& in, Expr& expr, int depth) {
    if (in.Has("column")) {
      expr.kind = Expr::Kind::kColumn;
      expr.column = in.Int32("column");
      return absl::OkStatus();
    }
    if (in.Has("call")) {
      expr.kind = Expr::Kind::kCall;
      expr.function = in.Text("call");
      return FillArgs(in, "args", expr, depth);
    }
    if (in.Has("field")) {
      expr.kind = Expr::Kind::kField;
      expr.column = in.Int32("field");
      const Json* of = in.Child("of");
      if (of == nullptr) return absl::OkStatus();
      ASSIGN_OR_RETURN(Expr row, Decode(*of, in.PathOf("of"), depth + 1));
      expr.args.push_back(std::move(row));
      return absl::OkStatus();
    }
    for (const Junction& junction : kJunctions) {
      if (!in.Has(junction.field)) continue;
      expr.kind = junction.kind;
      return FillArgs(in, junction.field, expr, depth);
    }
    expr.kind = Expr::Kind::kLiteral;
    const Json* literal = in.Child("literal");
    if (literal == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(expr.literal, DecodeValue(*literal, expr.type,
                                               in.PathOf("literal")));
    return absl::OkStatus();
  }

  absl::Status FillArgs(ObjectReader& in, absl::string_view field, Expr& expr,
                        int depth) {
    const std::vector<const Json*> elements = in.Elements(field);
    for (size_t i = 0; i < elements.size(); ++i) {
      ASSIGN_OR_RETURN(Expr arg, Decode(*elements[i], in.PathOf(field, i),
                                        depth + 1));
      expr.args.push_back(std::move(arg));
    }
    return absl::OkStatus();
  }
};

}  // namespace

Json EncodeExprs(const std::vector<Expr>& exprs) {
  Json array = Json::array();
  for (const Expr& expr : exprs) array.push_back(EncodeExpr(expr));
  return array;
}

Json EncodeExpr(const Expr& expr) {
  Json json = Json::object();
  switch (expr.kind) {
    case Expr::Kind::kColumn: json["column"] = expr.column; break;
    case Expr::Kind::kLiteral:
      json["literal"] = EncodeValue(expr.literal, expr.type);
      break;
    case Expr::Kind::kCall:
      json["call"] = expr.function;
      json["args"] = EncodeExprs(expr.args);
      break;
    case Expr::Kind::kField:
      json["field"] = expr.column;
      json["of"] = EncodeExpr(expr.args[0]);
      break;
    default:
      for (const Junction& junction : kJunctions) {
        if (junction.kind == expr.kind) {
          json[std::string(junction.field)] = EncodeExprs(expr.args);
        }
      }
  }
  json["type"] = expr.type.ToString();
  return json;
}

absl::StatusOr<Expr> DecodeExpr(const Json& json, const std::string& path) {
  return Decoder().Decode(json, path, 0);
}

absl::StatusOr<std::vector<Expr>> DecodeExprs(ObjectReader& in,
                                              absl::string_view field) {
  std::vector<Expr> exprs;
  const std::vector<const Json*> elements = in.Elements(field);
  for (size_t i = 0; i < elements.size(); ++i) {
    ASSIGN_OR_RETURN(Expr expr, DecodeExpr(*elements[i], in.PathOf(field, i)));
    exprs.push_back(std::move(expr));
  }
  return exprs;
}

}  // namespace millrace
