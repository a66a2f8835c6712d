#pragma once

#include <cstdint>

namespace millrace {

// Numbers as Java 17 prints them, which is what Flink's CAST to STRING, its
// formats and its conversion of DOUBLE to DECIMAL show: "1.0", "1.0E10",
// "-Infinity". Java before 19 does not always print the shortest text
// (12345678901 as FLOAT is 1.23456788E10), so these follow its digits rather
// than the shortest ones. No allocation; `out` has room for
// kMaxJavaNumberLength; the end is returned.

inline constexpr int kMaxJavaNumberLength = 26;

char* WriteJavaDouble(double value, char* out);
char* WriteJavaFloat(float value, char* out);
char* WriteInteger(int64_t value, char* out);

}  // namespace millrace
