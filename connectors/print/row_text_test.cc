#include "connectors/print/row_text.h"

#include <gtest/gtest.h>

#include "connectors/print/print_connector.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

using Type = LogicalType;

std::string Text(const Type& type, const Value& value,
                 RowKind kind = RowKind::kInsert) {
  const std::vector<Type> types = {type};
  const std::vector<std::vector<Value>> rows = {{value}};
  const std::vector<RowKind> kinds = {kind};
  std::string text;
  AppendRowText(BatchOf(types, rows, kinds), 0, types, text);
  return text;
}

TEST(RowTextTest, PrintsValuesAsJavaDoes) {
  const std::vector<std::tuple<Type, Value, std::string>> cases = {
      {Type::BigInt(), Value::Int(-1), "-1"},
      {Type::String(), Value::Text("a, b"), "a, b"},
      {Type::String(), Value::Null(), "null"},
      {Type::Boolean(), Value::Bool(true), "true"},
      {Type::Double(), Value::Double(16.5), "16.5"},
      {Type::Float(), Value::Double(1e10), "1.0E10"},
      {Type::Decimal(10, 2), Value::Int(400), "4.00"},
      {Type::Decimal(10, 8), Value::Int(12), "1.2E-7"},
      {Type::Decimal(10, 8), Value::Int(-120), "-0.00000120"},
      {Type::Decimal(10, 8), Value::Int(0), "0E-8"},
      {Type::Bytes(), Value::Text("h\xff"), "[104, -1]"},
      {Type::Date(), Value::Int(0), "1970-01-01"},
      {Type::Time(0), Value::Int(3'600'000), "01:00"},
      {Type::Timestamp(3), Value::Int(0), "1970-01-01T00:00"},
      {Type::Timestamp(3), Value::Int(1500), "1970-01-01T00:00:01.500"},
      {Type::Timestamp(6), Value::Int(-1), "1969-12-31T23:59:59.999999"},
      {Type::Timestamp(9), Value::Nanos({.millis = 1, .nanos = 7}),
       "1970-01-01T00:00:00.001000007"},
      {Type::TimestampLtz(3), Value::Int(0), "1970-01-01T00:00:00Z"},
      {Type::IntervalYearMonth(), Value::Int(14), "P1Y2M"},
      {Type::IntervalDayTime(), Value::Int(93'784'500), "PT26H3M4.5S"},
      {Type::Array(Type::Integer()),
       Value::List({Value::Int(1), Value::Null()}), "[1, null]"},
      {Type::Map(Type::String(), Type::Integer()),
       Value::List({Value::Text("k"), Value::Int(1)}), "{k=1}"},
      {Type::Row({{"a", Type::Integer()}, {"b", Type::String()}}),
       Value::List({Value::Int(1), Value::Text("x")}), "+I[1, x]"}};
  for (const auto& [type, value, expected] : cases) {
    EXPECT_EQ(Text(type, value), "+I[" + expected + "]") << type.ToString();
  }
}

TEST(RowTextTest, BeginsWithTheKind) {
  EXPECT_EQ(Text(Type::Integer(), Value::Int(1), RowKind::kUpdateBefore),
            "-U[1]");
  EXPECT_EQ(Text(Type::Integer(), Value::Int(1), RowKind::kDelete), "-D[1]");
}

TEST(PrintTest, NamesTheSubtaskWhereThereAreSeveral) {
  EXPECT_EQ(PrintPrefix("", {.subtask = 0, .parallelism = 1}), "");
  EXPECT_EQ(PrintPrefix("t", {.subtask = 0, .parallelism = 1}), "t> ");
  EXPECT_EQ(PrintPrefix("", {.subtask = 1, .parallelism = 2}), "2> ");
  EXPECT_EQ(PrintPrefix("t", {.subtask = 1, .parallelism = 2}), "t:2> ");
}

}  // namespace
}  // namespace millrace
