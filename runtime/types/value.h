#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "runtime/types/logical_type.h"

namespace millrace {

// One SQL value outside a batch: literals, options, keys of tests. Not for the
// data path. The alternative in use follows the type's physical form; NULL is
// std::monostate; rows, arrays and maps (key, value, key, value, ...) are
// vectors of values.
struct Value {
  using Children = std::vector<Value>;

  std::variant<std::monostate, bool, int64_t, __int128, double, TimeNanos,
               std::string, Children>
      data;

  static Value Null() { return {}; }
  static Value Bool(bool value) { return {value}; }
  // TINYINT to BIGINT, DATE, TIME, intervals, TIMESTAMP up to p = 6, and
  // DECIMAL up to 18 digits, in the units of PhysicalType.
  static Value Int(int64_t value) { return {value}; }
  static Value Int128(__int128 value) { return {value}; }
  static Value Double(double value) { return {value}; }  // FLOAT, DOUBLE
  static Value Nanos(TimeNanos value) { return {value}; }
  static Value Text(std::string value) { return {std::move(value)}; }
  static Value List(Children values) { return {std::move(values)}; }

  bool is_null() const { return std::holds_alternative<std::monostate>(data); }

  friend bool operator==(const Value&, const Value&) = default;
};

}  // namespace millrace
