#include "connectors/formats/json/json_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "connectors/formats/decoder_probe.h"
#include "connectors/formats/json/json_format.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Type = LogicalType;

class JsonTest : public ::testing::Test {
 protected:
  JsonTest() { RegisterJsonFormat(registry_); }

  // One column `v` of `type`, read out of `{"v": <json>}`.
  std::string Read(const Type& type, absl::string_view json) {
    columns_ = {{.name = "v", .type = type}};
    wanted_ = Everything(columns_);
    return Rows({absl::StrCat("{\"v\":", json, "}")}).at(0);
  }
  std::vector<std::string> Rows(const std::vector<std::string>& records) {
    const Format* format = *registry_.FindFormat("json");
    auto decoder = format->MakeDecoder(
        {.columns = columns_, .options = options_}, wanted_);
    if (!decoder.ok()) return {std::string(decoder.status().message())};
    return DecodeAll(**decoder, records);
  }
  void Want(const std::vector<std::vector<int>>& paths) {
    wanted_.columns.clear();
    for (const auto& path : paths) wanted_.columns.push_back({path, Type()});
  }

  ConnectorRegistry registry_;
  std::vector<TableColumn> columns_;
  SourceRequest wanted_;
  TableOptions options_;
};

TEST_F(JsonTest, ConvertsScalarsAsFlinkDoes) {
  const std::vector<std::tuple<Type, std::string, std::string>> cases = {
      {Type::BigInt(), "42", "42"},
      {Type::BigInt(), "\"42\"", "42"},
      {Type::BigInt(), "\" 42 \"", "42"},
      {Type::BigInt(), "\"+42\"", "42"},
      {Type::BigInt(), "42.9", "42"},
      {Type::BigInt(), "-42.9", "-42"},
      {Type::BigInt(), "1e3", "1000"},
      {Type::BigInt(), "\"\"", "null"},
      {Type::BigInt(), "null", "null"},
      {Type::BigInt(), "9223372036854775807", "9223372036854775807"},
      {Type::BigInt(), "-9223372036854775808", "-9223372036854775808"},
      {Type::Integer(), "-7", "-7"},
      {Type::Integer(), "7.99", "7"},
      {Type::SmallInt(), "32767", "32767"},
      {Type::TinyInt(), "\"-128\"", "-128"},
      {Type::Boolean(), "true", "true"},
      {Type::Boolean(), "\" TRUE \"", "true"},
      {Type::Boolean(), "\"yes\"", "false"},
      {Type::Boolean(), "1", "false"},
      {Type::Double(), "1.5e2", "150d"},
      {Type::Double(), "\"2.5\"", "2.5d"},
      {Type::Float(), "0.5", "0.5d"},
      {Type::Decimal(10, 2), "1.005", "101"},
      {Type::Decimal(10, 2), "\" 12.3 \"", "1230"},
      {Type::Decimal(3, 0), "12345", "null"},
      {Type::Decimal(20, 1), "0.5", "i128:5"},
      {Type::String(), "\"a b\"", "'a b'"},
      {Type::String(), "\"a\\\\b\\u00e9\\n\"", "'a\\b\xC3\xA9\n'"},
      {Type::String(), "\"\\ud83d\\ude00\"", "'\xF0\x9F\x98\x80'"},
      {Type::String(), "1.50", "'1.50'"},
      {Type::String(), "true", "'true'"},
      {Type::String(), "{ \"a\" : [ 1 , 2.50 ] , \"b\\u0041\" : \"c \\/ d\" }",
       "'{\"a\":[1,2.5],\"bA\":\"c / d\"}'"},
      {Type::Bytes(), "\"aGk=\"", "'hi'"},
      {Type::Date(), "\"1970-01-03\"", "2"},
      {Type::Time(0), "\"00:00:01\"", "1000"},
      {Type::Timestamp(3), "\"1970-01-01 00:00:01.5\"", "1500"},
      {Type::Timestamp(3), "\"1970-01-01 00:00:01.\"", "1000"},
      {Type::Timestamp(3), "\"1970-01-01 24:00:00\"", "86400000"},
      {Type::Timestamp(0), "\"1970-01-01 00:00:01.999\"", "1000"},
      {Type::Timestamp(6), "\"1970-01-01 00:00:00.0000019\"", "1"},
      {Type::Timestamp(9), "\"1970-01-01 00:00:00.001000007\"", "1ms7ns"},
      {Type::TimestampLtz(3), "\"1970-01-01 00:00:01Z\"", "1000"},
      {Type::Array(Type::Integer()), "[1, null, 3]", "(1, null, 3)"},
      {Type::Array(Type::Array(Type::String())), "[[\"a\"], []]",
       "(('a'), ())"},
      {Type::Map(Type::String(), Type::BigInt()), "{\"a\": 1, \"b\": null}",
       "('a', 1, 'b', null)"},
      {Type::Row({{"a", Type::BigInt()}, {"b", Type::String()}}),
       "{\"b\": \"x\", \"c\": [{}]}", "(null, 'x')"},
      {Type::Row({{"a", Type::BigInt()}}), "null", "null"}};
  for (const auto& [type, json, expected] : cases) {
    EXPECT_EQ(Read(type, json), expected) << type.ToString() << " " << json;
  }
}

TEST_F(JsonTest, RefusesWhatFlinkRefuses) {
  const std::vector<std::pair<Type, std::string>> cases = {
      {Type::BigInt(), "\"42.9\""},
      {Type::BigInt(), "\"x\""},
      {Type::BigInt(), "true"},
      {Type::BigInt(), "9223372036854775808"},
      {Type::BigInt(), "[1]"},
      {Type::Integer(), "2147483648"},
      {Type::TinyInt(), "1.5"},
      {Type::SmallInt(), "40000"},
      {Type::Decimal(5, 2), "\"1x\""},
      {Type::Timestamp(3), "\"1970-01-01T00:00:01\""},
      {Type::Timestamp(3), "\"1970-01-01 00:00:01Z\""},
      {Type::Timestamp(3), "\"1970-01-01 00:00\""},
      {Type::Timestamp(3), "\"1970-01-01\""},
      {Type::Timestamp(3), "0"},
      {Type::Timestamp(3), "\" 1970-01-01 00:00:01\""},
      {Type::Date(), "\"01.02.2024\""},
      {Type::Array(Type::Integer()), "{}"},
      {Type::Row({{"a", Type::BigInt()}}), "[]"}};
  for (const auto& [type, json] : cases) {
    const std::string message = Read(type, json);
    EXPECT_THAT(message, ::testing::HasSubstr("SRC-0103: field v is not "))
        << type.ToString() << " " << json;
  }
  options_["ignore-parse-errors"] = "true";
  for (const auto& [type, json] : cases) {
    EXPECT_EQ(Read(type, json), "null") << type.ToString() << " " << json;
  }
}

TEST_F(JsonTest, SaysWhatIsWrongAndWhere) {
  columns_ = {{.name = "id", .type = Type::BigInt()},
              {.name = "bid", .type = Type::Row({{"price", Type::BigInt()}})}};
  wanted_ = Everything(columns_);
  EXPECT_THAT(
      Rows({R"({"id":1,"bid":{"price":"abc"}})", R"({"id":1,"bid":)",
            R"({"id":tru})", "{\"id\":1,\"x\":\"\xff\"}", "7", "[{}, 7]",
            R"({"id":1})"}),
      ElementsAre(
          "1, null",
          "SRC-0103: field bid.price is not a whole number such as 42, at "
          "byte 23 of the record: found \"abc\"",
          ::testing::StartsWith("SRC-0101: malformed JSON: "),
          "SRC-0101: malformed JSON, at byte 6 of the record: found tru",
          "SRC-0102: the record is not UTF-8, at byte 13 of the record",
          "SRC-0103: the record is not an object, at byte 0 of the record: "
          "found 7",
          "SRC-0103: the record is not an object, at byte 5 of the record: "
          "found 7"));
  options_["fail-on-missing-field"] = "true";
  EXPECT_THAT(Rows({R"({"id":1})"}),
              ElementsAre("SRC-0104: field bid is missing: "
                          "fail-on-missing-field is true"));
  EXPECT_THAT(Rows({std::string(5000, '[')}),
              ElementsAre(::testing::HasSubstr("SRC-0101")));
}

TEST_F(JsonTest, ReadsOnlyTheFieldsThatAreWanted) {
  columns_ = {
      {.name = "type", .type = Type::Integer()},
      {.name = "bid",
       .type = Type::Row({{"auction", Type::BigInt()},
                          {"who", Type::Row({{"name", Type::String()},
                                             {"age", Type::Integer()}})}})}};
  Want({{1, 1, 1}, {0}, {1, 0}});
  EXPECT_THAT(
      Rows({R"({"type":2,"bid":{"auction":7,"who":{"name":"n","age":30}}})",
            R"({"bid":{"who":{"age":31,"more":[1,{"a":"}"}]}},"type":3})",
            R"({"bid":null,"TYPE":4})"}),
      ElementsAre("30, 2, 7", "31, 3, null", "null, null, null"));
  // A ROW and fields in it share what was decoded.
  Want({{1}, {1, 1, 0}, {1, 0}});
  EXPECT_THAT(
      Rows({R"({"type":2,"bid":{"auction":7,"who":{"name":"n","age":30}}})",
            R"({"type":2})"}),
      ElementsAre("(7, ('n', 30)), 'n', 7", "null, null, null"));
}

TEST_F(JsonTest, TakesRecordsAsFlinkTakesThem) {
  columns_ = {{.name = "a", .type = Type::BigInt()}};
  wanted_ = Everything(columns_);
  EXPECT_THAT(Rows({R"({"a":1} {"a":2})", R"({"a":3} nonsense ")", "",
                    R"( [{"a":4}, {"a":5}] )", R"({ "\u0061" : 6 })"}),
              ElementsAre("1", "3", "4", "5", "6"));
}

TEST_F(JsonTest, PassesOverAByteOrderMark) {
  columns_ = {{.name = "id", .type = Type::BigInt()}};
  wanted_ = Everything(columns_);
  EXPECT_THAT(Rows({"\xEF\xBB\xBF{\"id\":1}", "{\"id\":2}",
                    "\xEF\xBB\xBF", "\xEF\xBB\xBF[{\"id\":3}]"}),
              ElementsAre("1", "2", "3"));
}

std::string ArrayOf(int elements) {
  std::string array = "[{\"a\":0}";
  for (int i = 1; i < elements; ++i) {
    absl::StrAppend(&array, ",{\"a\":", i, "}");
  }
  return array + "]";
}

TEST_F(JsonTest, ReadsAnArrayThatFillsABatch) {
  columns_ = {{.name = "a", .type = Type::BigInt()}};
  wanted_ = Everything(columns_);
  const auto rows = Rows({"{\"a\":-1}", ArrayOf(2048), "{\"a\":-2}"});
  ASSERT_THAT(rows, SizeIs(2050));
  for (int i = 0; i < 2050; ++i) {
    EXPECT_EQ(rows[i], absl::StrCat(i == 2049 ? -2 : i - 1));
  }
}

TEST_F(JsonTest, AnArrayOfMoreRowsThanABatchGivesNoneAndIsSetAside) {
  columns_ = {{.name = "a", .type = Type::BigInt()}};
  wanted_ = Everything(columns_);
  std::string bad_at_its_end = ArrayOf(2049);
  bad_at_its_end.replace(bad_at_its_end.size() - 1, 1, ",7]");
  for (const char* ignore : {"false", "true"}) {
    options_["ignore-parse-errors"] = ignore;
    EXPECT_THAT(Rows({"{\"a\":-1}", ArrayOf(2049), "{\"a\":-2}",
                      bad_at_its_end, "{\"a\":-3}"}),
                UnorderedElementsAre(
                    "-1", "-2", "-3", HasSubstr("SRC-0105: the record is an "
                                                "array of more than 2048 "),
                    HasSubstr("SRC-0105")));
  }
}

TEST_F(JsonTest, LeavesOutWhatTheFilterRefuses) {
  columns_ = {{.name = "type", .type = Type::Integer()},
              {.name = "v", .type = Type::String()}};
  wanted_ = Everything(columns_);
  wanted_.filter.push_back(Expr::Call(
      "=", Type::Boolean(),
      {Expr::Column(0, Type::Integer()),
       Expr::Literal(Value::Int(2), Type::Integer())}));
  EXPECT_THAT(Rows({R"({"type":1,"v":"a"})", R"({"type":2,"v":"b"})",
                    R"({"v":"c"})", R"({"v":"d","type":2})"}),
              ElementsAre("2, 'b'", "2, 'd'"));
}

TEST_F(JsonTest, RefusesOptionsAndTypesItDoesNotKnow) {
  columns_ = {{.name = "m", .type = Type::Map(Type::BigInt(), Type::BigInt())}};
  wanted_ = Everything(columns_);
  EXPECT_THAT(Rows({"{}"}),
              ElementsAre("SQL-0906: column m of type MAP<BIGINT, BIGINT> "
                          "cannot be JSON: the keys of a JSON object are "
                          "strings. Declare the key as STRING"));
  options_["timestamp-format.standart"] = "SQL";
  EXPECT_THAT(Rows({"{}"}),
              ElementsAre("SQL-0901: format 'json' has no option "
                          "'timestamp-format.standart'. Did you mean "
                          "'timestamp-format.standard'?"));
}

}  // namespace
}  // namespace millrace
