#pragma once

#include "absl/strings/string_view.h"
#include "connectors/formats/column_builder.h"
#include "runtime/types/standard_datetime_text.h"

namespace millrace {

// Flink's conversions of JSON scalars to the values of columns: what BIGINT
// makes of "42", of 42.9 and of "".
//
// Each sets `row` of `column`, maybe to NULL, and returns true; or returns
// false where Flink reports a parse error. STRING keeps a view of `text`
// where `in_chunk` says that it lies in the records' chunk, else a copy.
struct JsonText {
  absl::string_view text;
  bool in_chunk = false;
};

// A string, unescaped.
bool SetFromJsonString(JsonText text, TimestampStandard standard,
                       ColumnBuilder& column, uint32_t row);
// A number by its text; the text is a valid JSON number.
bool SetFromJsonNumber(JsonText text, ColumnBuilder& column, uint32_t row);
bool SetFromJsonBool(bool value, ColumnBuilder& column, uint32_t row);

// "a whole number such as 42", for messages.
absl::string_view ExpectedJson(const LogicalType& type);

}  // namespace millrace
