#pragma once

#include "sql/parser/ast_expression.h"

namespace millrace::sql {

// How tightly operators bind; a higher number binds tighter. The order is
// Calcite's, which is Flink's: `||` binds like `*`, IS NULL looser than `=`,
// LIKE and IN tighter.
inline constexpr int kAnyPrecedence = 0;
inline constexpr int kOrPrecedence = 22;
inline constexpr int kAndPrecedence = 24;
inline constexpr int kNotPrecedence = 26;
inline constexpr int kIsPrecedence = 28;
inline constexpr int kComparisonPrecedence = 30;
inline constexpr int kLikePrecedence = 32;  // LIKE, BETWEEN, IN
inline constexpr int kAdditivePrecedence = 40;
inline constexpr int kMultiplicativePrecedence = 60;
inline constexpr int kSignPrecedence = 80;
inline constexpr int kPrimaryPrecedence = 100;

int PrecedenceOf(Operator op);

// Of the node's outermost operator; kPrimaryPrecedence for all that needs no
// parentheses anywhere.
int PrecedenceOf(const Expression& expression);

}  // namespace millrace::sql
