#include "runtime/types/java_number_text.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace millrace {
namespace {

std::string OfDouble(double value) {
  char text[kMaxJavaNumberLength];
  return std::string(text, WriteJavaDouble(value, text));
}
std::string OfFloat(float value) {
  char text[kMaxJavaNumberLength];
  return std::string(text, WriteJavaFloat(value, text));
}

TEST(JavaNumberText, PrintsDoublesAsJavaDoes) {
  const struct {
    double value;
    const char* expected;
  } cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {100.5, "100.5"},
      {0.001, "0.001"},
      {0.0001, "1.0E-4"},
      {1234567.0, "1234567.0"},
      {1e7, "1.0E7"},
      {1e10, "1.0E10"},
      {123456789.125, "1.23456789125E8"},
      {0.1 + 0.2, "0.30000000000000004"},
      {std::numeric_limits<double>::max(), "1.7976931348623157E308"},
      {std::numeric_limits<double>::denorm_min(), "4.9E-324"},
      // Not the shortest text: Java before 19.
      {2e23, "1.9999999999999998E23"},
      {2.2250738585072014E-308, "2.2250738585072014E-308"},
      {std::numeric_limits<double>::infinity(), "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity"},
      {std::nan(""), "NaN"},
  };
  for (const auto& c : cases) EXPECT_EQ(OfDouble(c.value), c.expected);
}

TEST(JavaNumberText, PrintsFloatsAsJavaDoes) {
  const struct {
    float value;
    const char* expected;
  } cases[] = {
      {0.4f, "0.4"},
      {123.456f, "123.456"},
      {123.45678901f, "123.45679"},
      {12345678901.0f, "1.23456788E10"},
      {-3276913443134.0f, "-3.27691351E12"},
      {9234567891.12f, "9.2345682E9"},
      {1239234567891.1235f, "1.23923451E12"},
      {std::numeric_limits<float>::max(), "3.4028235E38"},
      {std::numeric_limits<float>::denorm_min(), "1.4E-45"},
  };
  for (const auto& c : cases) EXPECT_EQ(OfFloat(c.value), c.expected);
}

TEST(JavaNumberText, PrintsIntegers) {
  char text[kMaxJavaNumberLength];
  const int64_t least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(std::string(text, WriteInteger(least, text)),
            "-9223372036854775808");
}

}  // namespace
}  // namespace millrace
