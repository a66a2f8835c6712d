#pragma once

#include <memory>

#include "runtime/expr/cast.h"
#include "runtime/types/time_zone.h"

namespace millrace {

// CAST by the family of its target; one file each. `from` is never NULL's type
// and both are as CheckExplicitCast allows.

std::unique_ptr<Kernel> CastToText(const LogicalType& from,
                                   const LogicalType& to,
                                   const TimeZone& zone);
std::unique_ptr<Kernel> CastToBytes(const LogicalType& from,
                                    const LogicalType& to);
// BOOLEAN, the integers, FLOAT and DOUBLE.
std::unique_ptr<Kernel> CastToNumber(const LogicalType& from,
                                     const LogicalType& to);
std::unique_ptr<Kernel> CastToDecimal(const LogicalType& from,
                                      const LogicalType& to);
// DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ.
std::unique_ptr<Kernel> CastToTime(const LogicalType& from,
                                   const LogicalType& to,
                                   const TimeZone& zone);
// Part by part.
std::unique_ptr<Kernel> CastNested(const LogicalType& from,
                                   const LogicalType& to,
                                   const FunctionContext& context);

// EXP-0002: "cannot cast 'abc' to INT".
absl::Status CannotCast(absl::string_view text, const LogicalType& to);

}  // namespace millrace
