#include "runtime/types/value_text.h"

#include <string>

#include <gtest/gtest.h>

#include "runtime/types/decimal.h"
#include "runtime/types/type_text.h"

namespace millrace {
namespace {

std::string Text(const Value& value, absl::string_view type) {
  const auto parsed = ParseLogicalType(type);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return ValueText(value, *parsed);
}

TEST(ValueText, PrintsScalarsAsCastDoes) {
  EXPECT_EQ(Text(Value::Null(), "INT"), "NULL");
  EXPECT_EQ(Text(Value::Bool(true), "BOOLEAN"), "TRUE");
  EXPECT_EQ(Text(Value::Int(-5), "TINYINT"), "-5");
  EXPECT_EQ(Text(Value::Double(1e10), "DOUBLE"), "1.0E10");
  EXPECT_EQ(Text(Value::Double(12345678901.0), "FLOAT"), "1.23456788E10");
  EXPECT_EQ(Text(Value::Int(-50), "DECIMAL(4, 2)"), "-0.50");
  EXPECT_EQ(Text(Value::Int128(PowerOfTen(20)), "DECIMAL(38, 1)"),
            "10000000000000000000.0");
  EXPECT_EQ(Text(Value::Text("a"), "BYTES"), "a");
  EXPECT_EQ(Text(Value::Int(0), "DATE"), "1970-01-01");
  EXPECT_EQ(Text(Value::Int(45'296'000), "TIME(3)"), "12:34:56.0");
  EXPECT_EQ(Text(Value::Int(1500), "TIMESTAMP(3)"),
            "1970-01-01 00:00:01.500");
  EXPECT_EQ(Text(Value::Int(1500), "TIMESTAMP_LTZ(6)"),
            "1970-01-01 00:00:00.001500");
  EXPECT_EQ(Text(Value::Nanos({1, 23}), "TIMESTAMP(9)"),
            "1970-01-01 00:00:00.001000023");
  EXPECT_EQ(Text(Value::Int(89), "INTERVAL YEAR TO MONTH"), "+7-05");
  EXPECT_EQ(Text(Value::Int(-12'000), "INTERVAL SECOND(3)"),
            "-0 00:00:12.000");
}

TEST(ValueText, PrintsNestedValues) {
  EXPECT_EQ(Text(Value::List({Value::Int(1), Value::Text("a"), Value::Null()}),
                 "ROW<x INT, y STRING, z DATE>"),
            "(1, a, NULL)");
  EXPECT_EQ(Text(Value::List({Value::Bool(true), Value::Null()}),
                 "ARRAY<BOOLEAN>"),
            "[TRUE, NULL]");
  EXPECT_EQ(Text(Value::List({Value::List({Value::Int(3)}), Value::Text("x"),
                              Value::List({Value::Int(1)}), Value::Null()}),
                 "MAP<ROW<f INT>, STRING>"),
            "{(3)=x, (1)=NULL}");
  EXPECT_EQ(Text(Value::List({Value::Text("a"), Value::Int(2)}),
                 "MULTISET<STRING>"),
            "{a=2}");
  EXPECT_EQ(Text(Value::List({}), "ARRAY<INT>"), "[]");
}

}  // namespace
}  // namespace millrace
