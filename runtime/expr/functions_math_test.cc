#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"

namespace millrace::functions_math_test {
namespace {

void ExpectAll(const std::vector<FunctionCase>& table) {
  const FunctionCaller caller(RegisterMathFunctions);
  for (const FunctionCase& line : table) {
    EXPECT_EQ(caller.Call(line.name, line.args), line.expected)
        << Describe(line);
  }
}

Arg Of(const LogicalType& type, int64_t value) {
  return {type.NotNull(), Value::Int(value)};
}
Arg Decimal5(int64_t unscaled) {  // DECIMAL(5, 4)
  return Of(LogicalType::Decimal(5, 4), unscaled);
}
Arg Real32(double value) {
  return {LogicalType::Float().NotNull(), Value::Double(value)};
}
const LogicalType& Tiny() {
  static const LogicalType type = LogicalType::TinyInt();
  return type;
}

TEST(MathFunctions, ComputeDoubles) {
  ExpectAll({
      {"SQRT", {25}, "5.0"},
      {"EXP", {4.5}, "90.01713130052181"},
      {"LN", {42}, "3.7376696182833684"},
      {"LN", {0}, "-Infinity"},
      {"LN", {-1}, "NaN"},
      {"LOG10", {4.6}, "0.6627578316815741"},
      {"LOG2", {10}, "3.3219280948873626"},
      {"LOG", {10}, "2.302585092994046"},
      {"LOG", {10, 100}, "2.0"},
      {"LOG", {Null(LogicalType::Double())}, "NULL"},
      {"SIN", {0.5}, "0.479425538604203"},
      {"COS", {42}, "-0.39998531498835127"},
      {"TAN", {42}, "2.2913879924374863"},
      {"COT", {42}, "0.4364167060752729"},
      {"ASIN", {0.46}, "0.4779951985189524"},
      {"ACOS", {1}, "0.0"},
      {"ATAN", {0.5}, "0.4636476090008061"},
      {"ATAN2", {0.5, 0.5}, "0.7853981633974483"},
      {"SINH", {2.5}, "6.0502044810397875"},
      {"COSH", {3}, "10.067661995777765"},
      {"TANH", {3}, "0.9950547536867305"},
      {"DEGREES", {44}, "2521.014298575622"},
      {"RADIANS", {44}, "0.767944870877505"},
      {"POWER", {42, 3}, "74088.0"},
      {"POWER", {43, 4.6}, "3.265539156425614E7"},
      {"PI", {}, "3.141592653589793"},
      {"E", {}, "2.718281828459045"},
      {"SQRT", {"4"}, "REFUSED: SQL-0101: `SQRT` expects SQRT(numeric), but "
                      "got (STRING NOT NULL). Try CAST(text AS DOUBLE)."},
  });
}

TEST(MathFunctions, KeepTheTypeOfTheirArgument) {
  const LogicalType small = LogicalType::SmallInt();
  const LogicalType wide = LogicalType::Decimal(38, 19);
  ExpectAll({
      {"ABS", {Of(Tiny(), -42)}, "42"},
      {"ABS", {Of(Tiny(), -128)}, "-128"},
      {"ABS", {Of(small, -43)}, "43"},
      {"ABS", {-4.6}, "4.6"},
      {"ABS", {Decimal5(-12345)}, "1.2345"},
      {"SIGN", {Long(44)}, "1"},
      {"SIGN", {-4.6}, "-1.0"},
      {"SIGN", {Decimal5(-1)}, "-1.0000"},
      {"SIGN", {Arg(wide.NotNull(), Value::Int128(-5))},
       "-1.0000000000000000000"},
      {"SIGN", {Of(LogicalType::Decimal(2, 2), 5)}, "NULL"},
      {"CEIL", {Real32(4.5)}, "5.0"},
      {"FLOOR", {Of(small, 43)}, "43"},
      {"FLOOR", {Decimal5(-12345)}, "-2"},
      {"CEILING", {Decimal5(12345)}, "2"},
      {"FLOOR", {-0.5}, "-1.0"},
  });
}

TEST(MathFunctions, RoundLikeBigDecimal) {
  ExpectAll({
      {"ROUND", {0.46, 1}, "0.5"},
      {"ROUND", {1.005, 2}, "1.01"},
      {"ROUND", {-1.005, 2}, "-1.01"},
      {"ROUND", {9.99, 1}, "10.0"},
      {"ROUND", {0.05, 1}, "0.1"},
      {"ROUND", {0.04, 1}, "0.0"},
      {"ROUND", {1.5e300, -299}, "1.5E300"},
      {"ROUND", {1.5e300, -300}, "2.0E300"},
      {"ROUND", {55.0, -2}, "100.0"},
      {"ROUND", {5.0, -2}, "0.0"},
      {"ROUND", {Long(44), -1}, "40"},
      {"ROUND", {Of(Tiny(), 123), -2}, "100"},
      {"ROUND", {Of(Tiny(), 123)}, "123"},
      {"ROUND", {Real32(1.2345f), 3}, "1.235"},
      {"ROUND", {1.2345}, "1.0"},
      {"ROUND", {1.2345, Null(LogicalType::Integer())}, "NULL"},
      {"TRUNCATE", {Long(44), -1}, "40"},
      {"TRUNCATE", {Real32(0.45f), 1}, "0.4"},
      {"TRUNCATE", {-4.99}, "-4.0"},
      {"TRUNCATE", {42, -3}, "0"},
  });
}

TEST(MathFunctions, TakeDigitsOffADecimalsType) {
  const FunctionCaller caller(RegisterMathFunctions);
  const Arg value = Decimal5(-12355);
  EXPECT_EQ(caller.TypeOf("ROUND", {value, 3}), "DECIMAL(5, 3) NOT NULL");
  EXPECT_EQ(caller.TypeOf("ROUND", {value}), "DECIMAL(2, 0) NOT NULL");
  EXPECT_EQ(caller.TypeOf("TRUNCATE",
                          {Of(LogicalType::Decimal(6, 3), 123456), 2}),
            "DECIMAL(6, 2) NOT NULL");
  EXPECT_EQ(caller.TypeOf("FLOOR", {value}), "DECIMAL(5, 0) NOT NULL");
  // With a column of places the scale stays.
  EXPECT_EQ(caller.Call("ROUND", {value, 3}),
            "-1.236 with literals, -1.2360 with columns");
  EXPECT_EQ(caller.Call("TRUNCATE", {value, 3}),
            "-1.235 with literals, -1.2350 with columns");
}

TEST(MathFunctions, DrawJavasRandomNumbers) {
  const FunctionCaller caller(RegisterMathFunctions, {.random_seed = 7});
  const auto column = [&](absl::string_view name, std::vector<Arg> args) {
    return caller.Call(name, std::move(args));
  };
  // A seed in a column begins anew in each row; a literal one goes on.
  EXPECT_THAT(column("RAND", {1}),
              testing::EndsWith("0.7308781907032909 with columns"));
  EXPECT_THAT(column("RAND", {1}),
              testing::StartsWith("0.7308781907032909 in one row"));
  EXPECT_THAT(column("RAND_INTEGER", {1, 10}),
              testing::EndsWith("5 with columns"));
  EXPECT_THAT(column("RAND_INTEGER", {5, 10}),
              testing::EndsWith("7 with columns"));
  EXPECT_THAT(column("RAND_INTEGER", {1, 0}),
              testing::StartsWith("FAILED: EXP-0103"));
}

TEST(MathFunctions, WriteOtherBases) {
  ExpectAll({
      {"BIN", {42}, "101010"},
      {"BIN", {0}, "0"},
      {"BIN", {-1},
       "1111111111111111111111111111111111111111111111111111111111111111"},
      {"HEX", {42}, "2A"},
      {"HEX", {-1}, "FFFFFFFFFFFFFFFF"},
      {"HEX", {"This"}, "54686973"},
      {"UNHEX", {"4142"}, "AB"},
      {"UNHEX", {"141"}, std::string("\0A", 2)},
      {"UNHEX", {""}, ""},
      {"UNHEX", {"4g"}, "NULL"},
      {"UNHEX", {"😀"}, "NULL"},
  });
}

}  // namespace
}  // namespace millrace::functions_math_test
