#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "runtime/expr/function.h"

namespace millrace {

// Comparing two values of any types that Flink compares.

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

// The types both sides are cast to before they are compared; nullopt where
// Flink refuses. Text beside a time stays text where it is no literal: the
// kernel reads it, and text that is no time compares as NULL.
// Errors: SQL-0105 for a literal that is no value of the other side's type.
absl::StatusOr<std::optional<std::pair<LogicalType, LogicalType>>>
ComparableTypes(const ArgumentInfo& left, const ArgumentInfo& right);

// A kernel of two arguments of such types; BOOLEAN result, strict in NULLs.
std::unique_ptr<Kernel> MakeComparison(Comparison comparison,
                                       const LogicalType& left,
                                       const LogicalType& right,
                                       const FunctionContext& context);

// Equality of the values at two rows, deep; NULLs within are equal to NULLs.
// Maps are equal whatever their order. REQUIRES: neither is NULL, one type.
bool ValuesEqual(const LogicalType& type, const Vector& a, uint32_t row_a,
                 const Vector& b, uint32_t row_b);

}  // namespace millrace
