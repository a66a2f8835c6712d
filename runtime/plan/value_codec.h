#pragma once

#include "absl/status/statusor.h"
#include "runtime/plan/object_reader.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/value.h"

namespace millrace {

// Types as their text. A value by its type's physical form: NULL null, BOOLEAN
// true, numbers up to 64 bits a number, wider decimals a text, FLOAT and DOUBLE
// a number or "NaN", "Infinity", "-Infinity"; TIMESTAMP(7..9) [ms, ns]; text
// as it is, or {"hex": ..} where it is BINARY or no UTF-8; ROW, ARRAY and MAP
// an array.
Json EncodeValue(const Value& value, const LogicalType& type);
absl::StatusOr<Value> DecodeValue(const Json& json, const LogicalType& type,
                                  const std::string& path);

absl::StatusOr<LogicalType> DecodeType(const std::string& text,
                                       const std::string& path);

}  // namespace millrace
