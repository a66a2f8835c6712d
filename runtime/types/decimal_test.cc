#include "runtime/types/decimal.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "runtime/types/decimal_text.h"
#include "runtime/types/decimal_type_rules.h"

namespace millrace {
namespace {

Decimal D(absl::string_view text, int scale) {
  Int128 unscaled = 0;
  EXPECT_TRUE(ParseDecimal(text, {38, scale}, &unscaled)) << text;
  return {unscaled, scale};
}

std::string Text(Int128 unscaled, int scale) {
  char text[kMaxDecimalTextLength];
  return std::string(text, WriteDecimal({unscaled, scale}, text));
}

using Operation = bool (*)(Decimal, Decimal, DecimalForm, Int128*);

struct BinaryCase {
  const char* a;
  int a_scale;
  const char* b;
  int b_scale;
  DecimalForm form;
  const char* expected;  // nullptr: no value.
};

void Check(Operation operation, const BinaryCase& c) {
  Int128 out;
  const bool has_value = operation(D(c.a, c.a_scale), D(c.b, c.b_scale),
                                   c.form, &out);
  ASSERT_EQ(has_value, c.expected != nullptr) << c.a << " and " << c.b;
  if (has_value) {
    EXPECT_EQ(Text(out, c.form.scale), c.expected) << c.a << " and " << c.b;
  }
}

TEST(Decimal, AddsAcrossScales) {
  const BinaryCase cases[] = {
      {"100.10", 2, "100.10", 2, {8, 2}, "200.20"},
      {"100.12", 2, "-200.1234", 4, {13, 4}, "-100.0034"},
      // Flink's own: DECIMAL(38,10) - DECIMAL(38,28) keeps 9 digits.
      {"100.0123456789", 10, "-200.0123456789012345678901234567", 28, {38, 9},
       "-100.000000000"},
      {"50000000000000000000000000000000000000", 0,
       "50000000000000000000000000000000000000", 0, {38, 0}, nullptr},
      {"-99999999999999999999999999999999999999", 0,
       "-99999999999999999999999999999999999999", 0, {38, 0}, nullptr},
      {"99999999999999999999999999999999999999", 0, "-0.1", 1, {38, 0},
       "99999999999999999999999999999999999999"},
  };
  for (const BinaryCase& c : cases) {
    Check([](Decimal a, Decimal b, DecimalForm form, Int128* out) {
      return Add(a, b, form, out);
    }, c);
  }
}

TEST(Decimal, MultipliesThrough256Bits) {
  const BinaryCase cases[] = {
      {"0.908", 3, "1000000", 0, {24, 3}, "908000.000"},
      {"10000000000000000000", 0, "10000000000000000000", 0, {38, 0},
       nullptr},
      {"1.00000000000000000000", 20, "1.00000000000000000000", 20, {38, 17},
       "1.00000000000000000"},
      {"-99999999999999999999.999999999999999999", 18,
       "0.00000000000000000001", 20, {38, 20}, "-1.00000000000000000000"},
      {"0.5", 1, "0.5", 1, {2, 1}, "0.3"},
  };
  for (const BinaryCase& c : cases) {
    Check([](Decimal a, Decimal b, DecimalForm form, Int128* out) {
      return Multiply(a, b, form, out);
    }, c);
  }
}

TEST(Decimal, DividesHalfUp) {
  const BinaryCase cases[] = {
      {"1.00", 2, "3.0", 1, {25, 6}, "0.333333"},
      {"-2", 0, "3", 0, {38, 6}, "-0.666667"},
      {"1", 0, "0", 0, {38, 6}, nullptr},
      {"99999999999999999999999999999999999999", 0, "0.1", 1, {38, 6},
       nullptr},
      {"1", 0, "99999999999999999999999999999999999999", 0, {38, 37},
       "0.0000000000000000000000000000000000000"},
      // 1.4999... is rounded to 38 digits first, then to the scale.
      {"75000000000000000000000000000000000001", 0,
       "50000000000000000000000000000000000001", 0, {38, 0}, "2"},
      {"4999999999999999999999", 0, "10000000000000000000000", 0, {38, 0},
       "0"},
  };
  for (const BinaryCase& c : cases) Check(&Divide, c);
}

TEST(Decimal, RemainderHasTheSignOfTheDividend) {
  const BinaryCase cases[] = {
      {"3.00", 2, "5.0000", 4, {10, 4}, "3.0000"},
      {"7", 0, "3.00", 2, {10, 2}, "1.00"},
      {"-3", 0, "-5", 0, {1, 0}, "-3"},
      {"-7.5", 1, "2", 0, {10, 1}, "-1.5"},
      {"1", 0, "0.0", 1, {10, 1}, nullptr},
  };
  for (const BinaryCase& c : cases) Check(&Modulo, c);
}

TEST(Decimal, ComparesAcrossScales) {
  const char* const kMax = "99999999999999999999999999999999999999";
  EXPECT_EQ(Compare(D("1.00", 2), D("1.0000", 4)), 0);
  EXPECT_LT(Compare(D("1.00", 2), D("1.0001", 4)), 0);
  EXPECT_GT(Compare(D(kMax, 0), D("0.5", 38)), 0);
  EXPECT_LT(Compare(D("-1", 0), D("0.5", 38)), 0);
  EXPECT_GT(Compare(D("-0.5", 38), D("-99999999999", 0)), 0);
}

TEST(Decimal, RescalesHalfUpWithinItsPrecision) {
  struct Case {
    int64_t value;
    int from;
    DecimalForm to;
    std::optional<int64_t> expected;
  };
  const Case cases[] = {
      {12345, 3, {4, 2}, 1235},     {-12345, 3, {4, 2}, -1235},
      {12344, 3, {4, 2}, 1234},     {999, 1, {2, 0}, std::nullopt},
      {1, 0, {18, 17}, 100'000'000'000'000'000},
      {100, 0, {18, 17}, std::nullopt},
      {INT64_MAX, 0, {18, 5}, std::nullopt},
  };
  for (const Case& c : cases) {
    int64_t narrow;
    const bool fits = Rescale(c.value, c.from, c.to, &narrow);
    EXPECT_EQ(fits, c.expected.has_value()) << c.value;
    if (fits) {
      EXPECT_EQ(narrow, *c.expected);
    }
    Int128 wide;
    ASSERT_EQ(Rescale(Int128{c.value}, c.from, c.to, &wide), fits);
    if (fits) {
      EXPECT_EQ(static_cast<int64_t>(wide), *c.expected);
    }
  }
}

TEST(Decimal, CountsDigits) {
  EXPECT_EQ(CountDigits(0), 1);
  EXPECT_EQ(CountDigits(-9), 1);
  EXPECT_EQ(CountDigits(10), 2);
  EXPECT_EQ(CountDigits(PowerOfTen(38) - 1), 38);
}

TEST(Decimal, RoundsToPlaces) {
  struct Case {
    const char* value;
    int scale;
    int places;
    const char* expected;
  };
  const Case cases[] = {
      {"646.646", 3, 2, "646.65"}, {"646.646", 3, 4, "646.646"},
      {"646.646", 3, -1, "650"},   {"646.646", 3, -3, "1000"},
      {"-99.99", 2, -1, "-100"},   {"646.646", 3, -40, "0"},
      {"99999999999999999999999999999999999999", 0, -1, nullptr},
  };
  for (const Case& c : cases) {
    const Decimal value = D(c.value, c.scale);
    const DecimalForm form =
        RoundForm({CountDigits(value.unscaled), c.scale}, c.places);
    Int128 out;
    ASSERT_EQ(Round(value, c.places, form, &out), c.expected != nullptr);
    if (c.expected != nullptr) {
      EXPECT_EQ(Text(out, form.scale), c.expected);
    }
  }
  EXPECT_EQ(Text(Truncate(D("-4.279", 3), 2, {4, 3}), 3), "-4.270");
  EXPECT_EQ(Text(Truncate(D("429", 0), -1, {3, 0}), 0), "420");
  EXPECT_EQ(Text(Floor(D("-3.14", 2)), 0), "-4");
  EXPECT_EQ(Text(Ceil(D("3.14", 2)), 0), "4");
}

TEST(Decimal, ConvertsToAndFromOtherNumbers) {
  EXPECT_EQ(TruncateToInt64(D("-9.87", 2)), -9);
  // Flink cuts the low bits, as Java does.
  EXPECT_EQ(static_cast<int32_t>(TruncateToInt64(D("3276913443134.87", 2))),
            -146603714);
  Int128 out;
  EXPECT_FALSE(DecimalFromInt64(12345, {8, 4}, &out));
  ASSERT_TRUE(DecimalFromDouble(3.123456, {8, 4}, &out));
  EXPECT_EQ(Text(out, 4), "3.1235");
  ASSERT_TRUE(DecimalFromDouble(1e20, {38, 2}, &out));
  EXPECT_EQ(Text(out, 2), "100000000000000000000.00");
  EXPECT_FALSE(DecimalFromDouble(1e300, {38, 2}, &out));
  EXPECT_FALSE(DecimalFromDouble(0.0 / 0.0, {38, 2}, &out));
  EXPECT_EQ(DecimalToDouble(D("0.1", 1)), 0.1);
  EXPECT_EQ(DecimalToDouble(D("12345678901234567890.5", 1)),
            12345678901234567890.5);
  EXPECT_EQ(DecimalToFloat(D("3276913443134.87", 2)), 3276913443134.87f);
}

TEST(DecimalText, ReadsWhatFlinkCasts) {
  struct Case {
    const char* text;
    DecimalForm form;
    const char* expected;  // nullptr: refused.
  };
  const Case cases[] = {
      {" 12.34 ", {10, 2}, "12.34"},
      {"1.5e3", {10, 2}, "1500.00"},
      {"-12.345", {10, 2}, "-12.35"},
      {".5", {10, 2}, "0.50"},
      {"5.", {10, 2}, "5.00"},
      {"0e999999999", {38, 10}, "0.0000000000"},
      {"1e-400", {38, 10}, "0.0000000000"},
      {"1e400", {38, 10}, nullptr},
      {"99999999999999999999999999999999999999.4", {38, 0},
       "99999999999999999999999999999999999999"},
      {"99999999999999999999999999999999999999.5", {38, 0}, nullptr},
      {"999999999.99", {10, 2}, nullptr},
      {"", {10, 2}, nullptr},
      {"-", {10, 2}, nullptr},
      {"1.2.3", {10, 2}, nullptr},
      {"12 34", {10, 2}, nullptr},
      {"abc", {10, 2}, nullptr},
  };
  for (const Case& c : cases) {
    Int128 out;
    ASSERT_EQ(ParseDecimal(c.text, c.form, &out), c.expected != nullptr)
        << c.text;
    if (c.expected != nullptr) {
      EXPECT_EQ(Text(out, c.form.scale), c.expected);
    }
  }
}

TEST(DecimalText, PrintsEveryDigitOfTheScale) {
  EXPECT_EQ(Text(0, 2), "0.00");
  EXPECT_EQ(Text(-5, 3), "-0.005");
  EXPECT_EQ(Text(-(PowerOfTen(38) - 1), 38),
            "-0.99999999999999999999999999999999999999");
  EXPECT_EQ(Text(1234, 0), "1234");
}

TEST(DecimalTypeRules, AgreeWithFlink) {
  struct Case {
    DecimalForm (*rule)(DecimalForm, DecimalForm);
    DecimalForm a;
    DecimalForm b;
    const char* expected;
  };
  const Case cases[] = {
      {&MultiplyForm, {4, 3}, {19, 0}, "DECIMAL(24, 3)"},
      {&MultiplyForm, {30, 20}, {30, 20}, "DECIMAL(38, 17)"},
      {&MultiplyForm, {38, 4}, {38, 4}, "DECIMAL(38, 6)"},
      {&AddForm, {7, 2}, {10, 0}, "DECIMAL(13, 2)"},
      {&AddForm, {38, 10}, {38, 28}, "DECIMAL(38, 9)"},
      {&DivideForm, {2, 1}, {3, 0}, "DECIMAL(7, 6)"},
      {&DivideForm, {20, 2}, {4, 3}, "DECIMAL(28, 7)"},
      {&DivideForm, {20, 2}, {20, 16}, "DECIMAL(38, 6)"},
      {&ModuloForm, {10, 2}, {10, 4}, "DECIMAL(10, 4)"},
      {&CommonForm, {8, 4}, {10, 0}, "DECIMAL(14, 4)"},
      {&CommonForm, {38, 0}, {38, 30}, "DECIMAL(38, 0)"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(DecimalOf(c.rule(c.a, c.b)).ToString(), c.expected);
  }
  EXPECT_EQ(DecimalOf(SumForm({10, 2})).ToString(), "DECIMAL(38, 2)");
  EXPECT_EQ(DecimalOf(AverageForm({10, 2})).ToString(), "DECIMAL(38, 6)");
  EXPECT_EQ(DecimalOf(AverageForm({38, 10})).ToString(), "DECIMAL(38, 10)");
  EXPECT_EQ(DecimalOf(RoundForm({10, 3}, 2)).ToString(), "DECIMAL(10, 2)");
  EXPECT_EQ(DecimalOf(RoundForm({10, 3}, -1)).ToString(), "DECIMAL(8, 0)");
  EXPECT_EQ(DecimalFormOf(LogicalType::BigInt()).precision, 19);
}

}  // namespace
}  // namespace millrace
