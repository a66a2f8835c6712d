#pragma once

#include "absl/strings/string_view.h"
#include "connectors/formats/column_builder.h"
#include "runtime/types/standard_datetime_text.h"

namespace millrace {

// The text of one field. STRING keeps a view of it where it lies in the
// records' chunk, else a copy.
struct FieldText {
  absl::string_view text;
  bool in_chunk = false;
};

// What Flink's text formats make of a field: each function sets `row` of
// `column`, maybe to NULL (a DECIMAL with too many digits), and returns true;
// or returns false where Flink reports a parse error. Spaces around numbers
// are trimmed; BOOLEAN is FALSE unless it reads "true"; BYTES are base64.
bool SetFromText(FieldText text, TimestampStandard standard,
                 ColumnBuilder& column, uint32_t row);

// The pieces of it. TINYINT to BIGINT and intervals; out of range is false.
bool SetWhole(int64_t value, ColumnBuilder& column, uint32_t row);
bool SetApproximate(absl::string_view text, ColumnBuilder& column,
                    uint32_t row);
bool SetDecimal(absl::string_view text, ColumnBuilder& column, uint32_t row);

// Java's parseLong: a sign, digits, nothing else.
bool ParseWhole(absl::string_view text, int64_t* value);

// "a whole number such as 42", for messages.
absl::string_view ExpectedText(const LogicalType& type);

}  // namespace millrace
