#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// Pieces of JSON text, written as Flink's writer does and read for messages.

// `text` in quotes; quotes, backslashes and control characters escaped, all
// else as it is.
void AppendJsonString(absl::string_view text, std::string& out);

// A finite double in Java's form; others in quotes ("NaN").
void AppendJsonDouble(double value, std::string& out);
void AppendJsonFloat(float value, std::string& out);

// The bytes of the first JSON object or array of `text`, up to and with its
// closing bracket: what follows it is not read. All of `text` when there is
// no such end.
absl::string_view FirstJsonValue(absl::string_view text);

// `json`, a valid value, without the spaces between its parts; numbers with a
// fraction or an exponent in Java's form, strings with no needless escapes.
void AppendCompactJson(absl::string_view json, std::string& out);

// What the inside of a JSON string means; false: a bad escape.
bool UnescapeJson(absl::string_view text, std::string& out);

}  // namespace millrace
