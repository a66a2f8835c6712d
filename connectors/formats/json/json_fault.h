#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/batch.h"

namespace millrace {

// The deepest nesting of objects and arrays that is read.
inline constexpr int kMaxJsonDepth = 64;

// The most elements of an array that is a record: its rows are in one batch, so
// that no checkpoint has half of them behind it.
inline constexpr uint32_t kMostJsonElements = kMaxBatchRows;

// Why a JSON record was rejected.
struct JsonFault {
  enum class Kind : uint8_t {
    kMalformed,  // SRC-0101
    kTooDeep,    // SRC-0101
    kNotUtf8,    // SRC-0102
    kMisfit,     // SRC-0103: a value does not fit its column
    kMissing,    // SRC-0104: fail-on-missing-field
    kTooMany     // SRC-0105: more elements than kMostJsonElements
  };
  Kind kind = Kind::kMalformed;
  absl::string_view found;     // The text at fault, inside the record.
  absl::string_view expected;  // "a whole number such as 42"
  absl::string_view reason;    // In the parser's words.
  std::string path;            // Of the field: "bid.price".
};

// What a person is told: the field, the byte, what was expected and found.
absl::Status ToStatus(const JsonFault& fault, absl::string_view record);

}  // namespace millrace
