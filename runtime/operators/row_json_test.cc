#include "runtime/operators/row_json.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

Batch OneRow(const std::vector<RowField>& fields, std::vector<Value> values) {
  std::vector<LogicalType> types;
  for (const RowField& field : fields) types.push_back(field.type);
  return BatchOf(types, std::vector<std::vector<Value>>{std::move(values)});
}

TEST(RowJsonTest, WritesEachTypeSoThatNothingIsLost) {
  const std::vector<RowField> fields = {
      {"n", LogicalType::Integer()},
      {"d", LogicalType::Double()},
      {"s", LogicalType::String()},
      {"b", LogicalType::Bytes()},
      {"t", LogicalType::TimestampLtz(3)},
      {"none", LogicalType::Boolean()},
      {"r", LogicalType::Row({{"x", LogicalType::Boolean()},
                              {"y", LogicalType::Array(
                                        LogicalType::Integer())}})}};
  const Batch batch =
      OneRow(fields, {Value::Int(-6), Value::Double(INFINITY),
                      Value::Text("a\"b"), Value::Text("\xff"), Value::Int(0),
                      Value::Null(),
                      Value::List({Value::Bool(true),
                                   Value::List({Value::Int(1),
                                                Value::Null()})})});
  EXPECT_EQ(RowJson(batch, 0, fields),
            R"({"n":-6,"d":"Infinity","s":"a\"b","b":"/w==",)"
            R"("t":"1970-01-01 00:00:00.000Z","none":null,)"
            R"("r":{"x":true,"y":[1,null]}})");
}

TEST(RowSummaryTest, BeginsWithTheColumnsThatMatter) {
  const std::vector<RowField> fields = {{"a", LogicalType::Integer()},
                                        {"b", LogicalType::String()},
                                        {"c", LogicalType::Integer()}};
  const Batch batch = OneRow(
      fields, {Value::Int(1), Value::Text("two"), Value::Null()});
  const int32_t first[] = {2};
  EXPECT_EQ(RowSummary(batch, 0, fields, first), "{c=NULL, a=1, b=two}");
}

TEST(RowSummaryTest, StaysShort) {
  const std::vector<RowField> fields(50, {"text", LogicalType::String()});
  const Batch batch = OneRow(
      fields, std::vector<Value>(50, Value::Text(std::string(61, 'x'))));
  const std::string text = RowSummary(batch, 0, fields, {});
  EXPECT_LT(text.size(), 400u);
  EXPECT_THAT(text, StartsWith("{text=xxx"));
  EXPECT_THAT(text, EndsWith("xxx..., ...}"));
}

TEST(RowSummaryTest, CutsNoCharacterInTwo) {
  const std::vector<RowField> fields = {{"s", LogicalType::String()}};
  const std::string text = std::string(59, 'x') + "\xC3\xA9";
  const Batch batch = OneRow(fields, {Value::Text(text)});
  EXPECT_EQ(RowSummary(batch, 0, fields, {}),
            "{s=" + std::string(59, 'x') + "...}");
}

}  // namespace
}  // namespace millrace
