#include "connectors/formats/json/json_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/formats/json/json_format.h"
#include "runtime/batch/vector_value.h"
#include "runtime/connector/connector_registry.h"

namespace millrace {
namespace {

using Type = LogicalType;

// One row with one column `v`.
std::string Encoded(const Type& type, const Value& value,
                    const TableOptions& options = {}) {
  ConnectorRegistry registry;
  RegisterJsonFormat(registry);
  auto encoder = (*registry.FindFormat("json"))
                     ->MakeEncoder({.columns = {{.name = "v", .type = type}},
                                    .options = options});
  const std::vector<Type> types = {type};
  const std::vector<std::vector<Value>> rows = {{value}};
  std::string out;
  std::vector<uint32_t> ends;
  const absl::Status status =
      (*encoder)->Encode(BatchOf(types, rows), out, ends);
  if (!status.ok()) return std::string(status.message());
  EXPECT_THAT(ends, ::testing::ElementsAre(out.size()));
  return out;
}

TEST(JsonEncoderTest, WritesEachTypeAsFlinkDoes) {
  const std::vector<std::tuple<Type, Value, std::string>> cases = {
      {Type::BigInt(), Value::Int(-1), "-1"},
      {Type::Boolean(), Value::Bool(false), "false"},
      {Type::Double(), Value::Double(1e10), "1.0E10"},
      {Type::Double(), Value::Double(INFINITY), "\"Infinity\""},
      {Type::Decimal(10, 2), Value::Int(250), "2.5"},
      {Type::Decimal(10, 2), Value::Int(0), "0"},
      {Type::Decimal(10, 2), Value::Int(-200000), "-2E+3"},
      {Type::Decimal(18, 0), Value::Int(454621864049246170),
       "4.5462186404924617E+17"},
      {Type::Decimal(10, 9), Value::Int(27), "2.7E-8"},
      {Type::String(), Value::Text("a\"b\\c/\n\x01\xC3\xA9"),
       "\"a\\\"b\\\\c/\\n\\u0001\xC3\xA9\""},
      {Type::String(), Value::Null(), "null"},
      {Type::Bytes(), Value::Text("hi"), "\"aGk=\""},
      {Type::Date(), Value::Int(1), "\"1970-01-02\""},
      {Type::Time(3), Value::Int(1500), "\"00:00:01.5\""},
      {Type::Timestamp(3), Value::Int(1500), "\"1970-01-01 00:00:01.5\""},
      {Type::TimestampLtz(3), Value::Int(0), "\"1970-01-01 00:00:00Z\""},
      {Type::Array(Type::Integer()), Value::List({Value::Int(1), Value()}),
       "[1,null]"},
      {Type::Map(Type::String(), Type::Integer()),
       Value::List({Value::Text("k"), Value::Int(1)}), "{\"k\":1}"},
      {Type::Row({{"a", Type::Integer()}, {"b", Type::String()}}),
       Value::List({Value::Int(1), Value()}), "{\"a\":1,\"b\":null}"}};
  for (const auto& [type, value, expected] : cases) {
    EXPECT_EQ(Encoded(type, value), "{\"v\":" + expected + "}")
        << type.ToString();
  }
}

TEST(JsonEncoderTest, EscapesWhereverItStands) {
  for (size_t length : {1, 31, 32, 33, 64, 100}) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, '\x7f');
      text[at] = '"';
      text[length - 1] = '\x1f';
      std::string expected;
      for (const char c : text) {
        expected += c == '"' ? "\\\"" : c == '\x1f' ? "\\u001F" : "\x7f";
      }
      EXPECT_EQ(Encoded(Type::String(), Value::Text(text)),
                "{\"v\":\"" + expected + "\"}");
    }
  }
}

TEST(JsonEncoderTest, FollowsItsOptions) {
  EXPECT_EQ(Encoded(Type::Decimal(10, 9), Value::Int(27),
                    {{"encode.decimal-as-plain-number", "true"}}),
            "{\"v\":0.000000027}");
  EXPECT_EQ(Encoded(Type::String(), Value(),
                    {{"encode.ignore-null-fields", "true"}}),
            "{}");
  EXPECT_EQ(Encoded(Type::Timestamp(3), Value::Int(0),
                    {{"timestamp-format.standard", "ISO-8601"}}),
            "{\"v\":\"1970-01-01T00:00:00\"}");
  const Type map = Type::Map(Type::String(), Type::Integer());
  const Value null_key = Value::List({Value(), Value::Int(1)});
  EXPECT_EQ(Encoded(map, null_key),
            "SNK-0103: a MAP with a NULL key cannot be JSON. Set "
            "'json.map-null-key.mode' to DROP or LITERAL");
  EXPECT_EQ(Encoded(map, null_key, {{"map-null-key.mode", "drop"}}),
            "{\"v\":{}}");
  EXPECT_EQ(Encoded(map, null_key, {{"map-null-key.mode", "LITERAL"},
                                    {"map-null-key.literal", "none"}}),
            "{\"v\":{\"none\":1}}");
}

}  // namespace
}  // namespace millrace
