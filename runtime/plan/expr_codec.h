#pragma once

#include "absl/status/statusor.h"
#include "runtime/expr/expression.h"
#include "runtime/plan/object_reader.h"

namespace millrace {

// An expression as an object with its type and one of
//   {"column": 3}, {"literal": 12}, {"call": "UPPER", "args": [..]},
//   {"field": 1, "of": {..}}, {"and": [..]}, {"or": [..]}, {"case": [..]},
//   {"coalesce": [..]}.
// Deeper ones than kMaxExprDepth are refused.
inline constexpr int kMaxExprDepth = 4000;

Json EncodeExpr(const Expr& expr);
absl::StatusOr<Expr> DecodeExpr(const Json& json, const std::string& path);

Json EncodeExprs(const std::vector<Expr>& exprs);
// The expressions of an array field.
absl::StatusOr<std::vector<Expr>> DecodeExprs(ObjectReader& in,
                                              absl::string_view field);

}  // namespace millrace
