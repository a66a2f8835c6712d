#include "runtime/types/numeric_text.h"

#include <cmath>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

namespace millrace {
namespace {

template <typename T>
std::optional<T> Integer(absl::string_view text) {
  T value;
  return ParseInteger(text, &value) ? std::optional<T>(value) : std::nullopt;
}
std::optional<double> Double(absl::string_view text) {
  double value;
  return ParseDouble(text, &value) ? std::optional(value) : std::nullopt;
}

TEST(NumericText, ReadsIntegersAndCutsFractions) {
  EXPECT_EQ(Integer<int32_t>(" 12 "), 12);
  EXPECT_EQ(Integer<int32_t>("+1.9"), 1);
  EXPECT_EQ(Integer<int32_t>("-.5"), 0);
  EXPECT_EQ(Integer<int32_t>("."), 0);  // So does Flink.
  EXPECT_EQ(Integer<int32_t>("00012"), 12);
  EXPECT_EQ(Integer<int8_t>("-128.9"), -128);
  EXPECT_EQ(Integer<int64_t>("-9223372036854775808"),
            std::numeric_limits<int64_t>::min());
  for (const char* text : {"", "-", "1e3", "1 2", "1.2.3", "0x1", "--1", "1_0",
                           "abc", "1.5x"}) {
    EXPECT_EQ(Integer<int64_t>(text), std::nullopt) << text;
  }
}

TEST(NumericText, RefusesIntegersOutOfRange) {
  EXPECT_EQ(Integer<int8_t>("128"), std::nullopt);
  EXPECT_EQ(Integer<int16_t>("-32769"), std::nullopt);
  EXPECT_EQ(Integer<int32_t>("2147483648"), std::nullopt);
  EXPECT_EQ(Integer<int64_t>("9223372036854775808"), std::nullopt);
  EXPECT_EQ(Integer<int64_t>("99999999999999999999"), std::nullopt);
}

TEST(NumericText, ReadsDoublesAsJavaDoes) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Double(" 1.5d "), 1.5);
  EXPECT_EQ(Double(".5"), 0.5);
  EXPECT_EQ(Double("5."), 5.0);
  EXPECT_EQ(Double("1e+5"), 1e5);
  EXPECT_EQ(Double("0x1.8p1"), 3.0);
  EXPECT_EQ(Double("-Infinity"), -infinity);
  EXPECT_EQ(Double("1e400"), infinity);
  EXPECT_EQ(Double("-1e-400"), 0.0);
  EXPECT_EQ(Double("0x1p2000"), infinity);
  EXPECT_TRUE(std::isnan(*Double("NaN")));
  for (const char* text : {"", ".", "nan", "inf", "1e", "1_0", "+-1", "1.5df",
                           "0x1", "abc"}) {
    EXPECT_EQ(Double(text), std::nullopt) << text;
  }
  float single;
  ASSERT_TRUE(ParseFloat("16777217.000000001", &single));
  EXPECT_EQ(single, 16777218.0f);  // Rounded once, not through double.
}

TEST(NumericText, ReadsBooleans) {
  bool value;
  for (const char* text : {"t", "TRUE", "y", "Yes", "1"}) {
    EXPECT_TRUE(ParseBoolean(text, &value) && value) << text;
  }
  for (const char* text : {"f", "False", "N", "no", "0"}) {
    EXPECT_TRUE(ParseBoolean(text, &value) && !value) << text;
  }
  for (const char* text : {"", "2", "on", " true", "tr"}) {
    EXPECT_FALSE(ParseBoolean(text, &value)) << text;
  }
}

}  // namespace
}  // namespace millrace
