#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/batch/vector.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// What the types of some columns promise of their values: not NULL, of the
// declared length, and the same of what lies inside ROW, ARRAY and MAP.
// Constant data.
struct ColumnConstraints {
  struct Scope {
    bool not_null = false;
    bool lengths = false;
    bool in_rows = false;
    bool in_collections = false;
  };
  struct Length {
    int column = 0;
    int64_t limit = 0;      // Characters, or bytes where binary.
    bool is_fixed = false;  // CHAR and BINARY: no shorter either.
    bool is_binary = false;

    int64_t Measure(absl::string_view value) const;
    bool Fits(int64_t length) const {
      return is_fixed ? length == limit : length <= limit;
    }
    std::string TypeText() const;  // "VARCHAR(5)"
  };
  struct Nested;

  // `inside` is what holds within ROW, ARRAY and MAP, where those are looked
  // into, `scope` for `fields` themselves.
  static ColumnConstraints Of(const std::vector<RowField>& fields,
                              const Scope& scope, const Scope& inside);

  bool empty() const;

  std::vector<std::string> names;  // Of every column.
  std::vector<int> not_null;
  std::vector<Length> lengths;
  std::vector<Nested> nested;  // ROWs, then ARRAYs, then MAPs.
};

struct ColumnConstraints::Nested {
  int column = 0;
  TypeRoot root = TypeRoot::kRow;
  // Of a ROW's fields, an ARRAY's "element", a MAP's "key" and "value".
  ColumnConstraints inside;
};

// A promise that one row breaks.
struct ConstraintBreach {
  std::string column;  // "a.b", "a[2].b", "m[key]"
  // What is too long or too short, and its length; none = a NULL.
  const ColumnConstraints::Length* length = nullptr;
  int64_t actual_length = 0;
};

// The first breach in row `row` of `columns`, in the order in which Flink
// looks: NULLs, lengths, then what is nested.
std::optional<ConstraintBreach> FindBreach(
    const ColumnConstraints& constraints, std::span<const VectorRef> columns,
    uint32_t row);

}  // namespace millrace
