#pragma once

#include "absl/status/statusor.h"
#include "runtime/expr/expression.h"
#include "sql/parser/ast.h"

namespace millrace::sql {

// Literals as typed values, with Flink's types: 12 is INT, 12000000000 BIGINT,
// 0.908 DECIMAL(4, 3), 1e3 DOUBLE, 'ab' CHAR(2), TIMESTAMP '.. 12:00:00.5'
// TIMESTAMP(1), and NOT NULL but for NULL itself. SQL-0115: text that the
// literal's type cannot mean.
absl::StatusOr<Expr> BindLiteral(const Literal& literal,
                                 const SourceLocation& location);
absl::StatusOr<Expr> BindInterval(const IntervalLiteral& literal,
                                  const SourceLocation& location);

// -x of a numeric literal.
Expr NegateLiteral(Expr literal);

}  // namespace millrace::sql
