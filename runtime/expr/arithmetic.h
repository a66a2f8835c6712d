#pragma once

#include <memory>

#include "absl/status/status.h"
#include "runtime/expr/function.h"

namespace millrace {

// The kernels behind + - * / and %, all strict in NULLs. Integers wrap as in
// Java; dividing an integer or a DECIMAL by zero is an error (EXP-0001), a
// DOUBLE gives Infinity or NaN; a DECIMAL that does not fit is NULL.

enum class Arithmetic : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo
};

// Integers and floating point: both arguments have the type `operand`, the
// result is `result` (narrower only for %). `divisor` is the right side where
// it is a literal.
std::unique_ptr<Kernel> MakeNumericArithmetic(Arithmetic operation,
                                              const LogicalType& operand,
                                              const LogicalType& result,
                                              const Value* divisor);

// Arguments are DECIMAL or BIGINT, the result is DECIMAL.
std::unique_ptr<Kernel> MakeDecimalArithmetic(Arithmetic operation,
                                              const LogicalType& left,
                                              const LogicalType& right,
                                              const LogicalType& result);

// Times and intervals. Chosen for the arguments, nullability aside; an empty
// result type: there is no such operation.
struct IntervalSignature {
  LogicalType left, right, result;
  bool exists = false;
};
IntervalSignature ResolveIntervalArithmetic(Arithmetic operation,
                                            const ArgumentInfo& left,
                                            const ArgumentInfo& right);
std::unique_ptr<Kernel> MakeIntervalArithmetic(Arithmetic operation,
                                               const LogicalType& left,
                                               const LogicalType& right,
                                               const LogicalType& result);

// EXP-0001.
absl::Status DivisionByZero();

}  // namespace millrace
