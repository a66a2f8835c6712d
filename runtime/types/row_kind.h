#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// What a row of a changelog does to the table it describes. The numbers are a
// persisted format.
enum class RowKind : int8_t {
  kInsert = 0,        // +I
  kUpdateBefore = 1,  // -U: the old content of an updated row
  kUpdateAfter = 2,   // +U: its new content
  kDelete = 3,        // -D
};

// "+I", "-U", "+U", "-D".
constexpr absl::string_view ToString(RowKind kind) {
  constexpr absl::string_view kNames[] = {"+I", "-U", "+U", "-D"};
  return kNames[static_cast<int>(kind)];
}

// True for the kinds that add a row to the table.
constexpr bool Adds(RowKind kind) {
  return kind == RowKind::kInsert || kind == RowKind::kUpdateAfter;
}

}  // namespace millrace
