#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sql/parser/ast_name.h"

namespace millrace::sql {

enum class SetQuantifier : uint8_t { kNone, kAll, kDistinct };
enum class NullsOrder : uint8_t { kDefault, kFirst, kLast };

struct OrderItem {
  ExpressionPtr expression;
  bool descending = false;
  NullsOrder nulls = NullsOrder::kDefault;
};

enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing,
};

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kUnboundedPreceding;
  ExpressionPtr offset;  // null when the kind takes none
};

// ROWS | RANGE BETWEEN start AND end; `end` is CURRENT ROW if not written.
struct WindowFrame {
  bool rows = false;
  FrameBound start;
  FrameBound end;
};

// (base PARTITION BY .. ORDER BY .. frame), or after OVER a bare name: then
// `base` alone is set and `parenthesized` is false.
struct WindowSpec {
  std::optional<Name> base;
  std::vector<ExpressionPtr> partition_by;
  std::vector<OrderItem> order_by;
  std::optional<WindowFrame> frame;
  bool parenthesized = true;
  SourceLocation location;
};

// What a JSON_* function does when a path finds nothing or fails, or is asked
// for a scalar where it found none.
enum class JsonBehavior : uint8_t {
  kNone,  // Not written.
  kNull, kError, kTrue, kFalse, kUnknown, kEmptyArray, kEmptyObject, kDefault,
};
enum class JsonWrapper : uint8_t {
  kNone, kWithout, kConditional, kUnconditional,
};
enum class JsonNulls : uint8_t { kNone, kNullOnNull, kAbsentOnNull };

// The words inside a JSON_* call behind its arguments. JSON_OBJECT's and
// JSON_OBJECTAGG's arguments are key, value, key, value...
struct JsonClauses {
  std::optional<TypeName> returning;
  JsonBehavior on_empty = JsonBehavior::kNone;
  JsonBehavior on_error = JsonBehavior::kNone;
  ExpressionPtr empty_default;  // null unless on_empty is kDefault
  ExpressionPtr error_default;  // null unless on_error is kDefault
  JsonWrapper wrapper = JsonWrapper::kNone;
  JsonNulls nulls = JsonNulls::kNone;
};

struct FunctionArgument {
  std::optional<Name> name;  // name => value
  ExpressionPtr value;
};

enum class NullTreatment : uint8_t { kNone, kIgnoreNulls, kRespectNulls };

// Every call by name. Functions with a syntax of their own come as plain
// arguments, in this order:
//   EXTRACT(unit FROM x)          Symbol, x
//   FLOOR(x TO unit), CEIL        x, Symbol
//   TIMESTAMPADD(unit, n, t)      Symbol, n, t     (TIMESTAMPDIFF likewise)
//   POSITION(a IN b [FROM n])     a, b[, n]
//   SUBSTRING(a FROM b [FOR c])   a, b[, c]
//   OVERLAY(a PLACING b FROM c [FOR d])  a, b, c[, d]
//   TRIM([side] [chars] [FROM] x) Symbol, chars, x (BOTH and ' ' filled in)
// A name of one unquoted part is any case as written; function names are not
// case sensitive.
struct FunctionCall {
  ObjectName name;
  std::vector<FunctionArgument> arguments;
  SetQuantifier quantifier = SetQuantifier::kNone;
  bool star = false;                  // COUNT(*)
  bool without_parentheses = false;   // CURRENT_TIMESTAMP
  std::vector<OrderItem> order_by;    // ARRAY_AGG(x ORDER BY y)
  std::vector<OrderItem> within_group;
  ExpressionPtr filter;               // null when there is no FILTER
  std::optional<WindowSpec> over;
  NullTreatment null_treatment = NullTreatment::kNone;
  std::unique_ptr<JsonClauses> json;  // null unless such words were written
};

// TABLE t, or (query), as argument of a table function: TUMBLE(TABLE t, ..).
struct TableArgument {
  TableReferencePtr table;
  std::vector<ExpressionPtr> partition_by;
  std::vector<OrderItem> order_by;
};

}  // namespace millrace::sql
