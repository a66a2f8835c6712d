#pragma once

#include "connectors/formats/column_builder.h"
#include "connectors/formats/text_value.h"

namespace millrace {

// Flink's conversions of JSON scalars to the values of columns, on top of
// text_value.h and with its contract: what BIGINT makes of 42.9 and of "".

// A string, unescaped; "" is NULL for numbers.
bool SetFromJsonString(FieldText text, TimestampStandard standard,
                       ColumnBuilder& column, uint32_t row);
// A number by its text; the text is a valid JSON number.
bool SetFromJsonNumber(FieldText text, ColumnBuilder& column, uint32_t row);
bool SetFromJsonBool(bool value, ColumnBuilder& column, uint32_t row);

}  // namespace millrace
