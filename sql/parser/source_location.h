#pragma once

#include <algorithm>
#include <cstdint>

namespace millrace::sql {

// A stretch of SQL text. `line` and `column` are 1-based, a column is one
// character of UTF-8 (not a byte, not a screen cell); `offset` and `length`
// count bytes of the whole text the statement was parsed from.
struct SourceLocation {
  int32_t line = 1;
  int32_t column = 1;
  int32_t offset = 0;
  int32_t length = 0;

  int32_t limit() const { return offset + length; }
  friend bool operator==(const SourceLocation&,
                         const SourceLocation&) = default;
};

// From the start of `first` to the end of `last`.
inline SourceLocation Span(const SourceLocation& first,
                           const SourceLocation& last) {
  SourceLocation span = first;
  span.length = std::max(last.limit() - first.offset, first.length);
  return span;
}

}  // namespace millrace::sql
