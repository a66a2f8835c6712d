#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"
#include "runtime/expr/json_path.h"

namespace millrace::functions_string_text_test {
namespace {

void ExpectAll(const std::vector<FunctionCase>& table) {
  const FunctionCaller caller(RegisterStringFunctions);
  for (const FunctionCase& line : table) {
    EXPECT_EQ(caller.Call(line.name, line.args), line.expected)
        << Describe(line);
  }
}

Arg Bytes(const char* text) {
  return {LogicalType::Bytes().NotNull(), Value::Text(text)};
}
Arg Of(const LogicalType& type, int64_t value) {
  return {type.NotNull(), Value::Int(value)};
}

TEST(StringFunctions, MakeTextLonger) {
  const FunctionCaller caller(RegisterStringFunctions);
  ExpectAll({
      {"LPAD", {"a", 5, "??"}, "????a"},
      {"LPAD", {"ab", 1, "??"}, "a"},
      {"LPAD", {"äääääääää", 2, "??"}, "ää"},
      {"LPAD", {"äää", 13, "12345"}, "1234512345äää"},
      {"LPAD", {"111", -2, "??"}, "NULL"},
      {"LPAD", {"ab", 5, ""}, "NULL"},
      {"LPAD", {"x", 4, "世界"}, "世界世x"},
      {"RPAD", {"", 1, "??"}, "?"},
      {"RPAD", {"äää", 13, "12345"}, "äää1234512345"},
      {"REPEAT", {"This is a test String.", 2},
       "This is a test String.This is a test String."},
      {"REPEAT", {"ab", 0}, ""},
      {"REPEAT", {"", 2000000000}, ""},
  });
  EXPECT_THAT(caller.Call("REPEAT", {"ab", 2000000000}),
              testing::StartsWith("FAILED: EXP-0105"));
  EXPECT_THAT(caller.Call("LPAD", {"ab", 2000000000, "x"}),
              testing::StartsWith("FAILED: EXP-0105"));
}

TEST(StringFunctions, EncodeAndDecode) {
  const FunctionCaller caller(RegisterStringFunctions);
  ExpectAll({
      {"TO_BASE64", {" This is a test String. "},
       "IFRoaXMgaXMgYSB0ZXN0IFN0cmluZy4g"},
      {"TO_BASE64", {""}, ""},
      {"TO_BASE64", {"a"}, "YQ=="},
      {"TO_BASE64", {"你好"}, "5L2g5aW9"},
      {"FROM_BASE64", {"5L2g5aW9"}, "你好"},
      {"FROM_BASE64", {"YQ=="}, "a"},
      {"FROM_BASE64", {"YQ"}, "a"},
      {"FROM_BASE64", {Bytes("aGVsbG8gd29ybGQ=")}, "hello world"},
      {"FROM_BASE64", {nullptr}, "NULL"},
      {"DECODE", {Bytes("Hello world"), "utf-8"}, "Hello world"},
      {"DECODE", {Bytes("\xE4"), "ISO-8859-1"}, "ä"},
      {"DECODE", {Bytes("\xD8\x3D\xDE\x01"), "UTF-16BE"}, "😁"},
      {"ENCODE", {"aäb", "US-ASCII"}, "a?b"},
      {"ENCODE", {"ab", nullptr}, "NULL"},
  });
  EXPECT_THAT(caller.Call("FROM_BASE64", {"a b="}),
              testing::StartsWith("FAILED: EXP-0106"));
  EXPECT_THAT(caller.Call("ENCODE", {"a", "EBCDIC"}),
              testing::StartsWith("FAILED: EXP-0107"));
  EXPECT_EQ(caller.TypeOf("TO_BASE64", {11}), "REFUSED");
}

TEST(StringFunctions, LookAtText) {
  const FunctionCaller caller(RegisterStringFunctions);
  ExpectAll({
      {"IS_ALPHA", {"abcä"}, "TRUE"},
      {"IS_ALPHA", {"3"}, "FALSE"},
      {"IS_ALPHA", {""}, "FALSE"},
      {"IS_DECIMAL", {"11.4445"}, "TRUE"},
      {"IS_DECIMAL", {"abc"}, "FALSE"},
      {"IS_DECIMAL", {nullptr}, "FALSE"},
      {"IS_DECIMAL", {1}, "TRUE"},
      {"IS_DIGIT", {"3"}, "TRUE"},
      {"IS_DIGIT", {"11.4445"}, "FALSE"},
      {"TYPEOF", {12}, "INT NOT NULL"},
      {"TYPEOF", {nullptr}, "STRING"},
  });
  EXPECT_THAT(caller.Call("UUID", {}),
              testing::MatchesRegex(".{8}-.{4}-4.{3}-[89ab].{3}-.{12}.*"));
}

TEST(StringFunctions, QuoteJson) {
  ExpectAll({
      {"JSON_QUOTE", {"null"}, "\"null\""},
      {"JSON_QUOTE", {"a\t\"\\\b/"}, "\"a\\t\\\"\\\\\\b/\""},
      {"JSON_QUOTE", {"≠ will be escaped"}, "\"\\u2260 will be escaped\""},
      {"JSON_QUOTE", {"😀"}, "\"\\ud83d\\ude00\""},
      {"JSON_UNQUOTE", {"\"abc\""}, "abc"},
      {"JSON_UNQUOTE", {"\"\\u0041\\t\\/\""}, "A\t/"},
      {"JSON_UNQUOTE", {"\"\\ud83d\\ude00\""}, "😀"},
      {"JSON_UNQUOTE", {"\"[\"abc\"]\""}, "[\"abc\"]"},
      {"JSON_UNQUOTE", {"\"\"\""}, "\""},
      {"JSON_UNQUOTE", {"\"broken \\u23\""}, "\"broken \\u23\""},
      {"JSON_UNQUOTE", {"\""}, "\""},
      {"JSON_UNQUOTE", {"1\""}, "1\""},
      {"JSON_UNQUOTE", {"true"}, "true"},
      {"JSON_UNQUOTE", {""}, ""},
  });
}

TEST(StringFunctions, TakeValuesOutOfJson) {
  const char* const json =
      " {\"type\" : \"account\", \"age\": 42, \"on\": true, \"none\": null,"
      "\"address\": {\"city\": \"M\\u00fcnchen\"}, \"a b\": [1, [2.50, {}]],"
      "\"age2\": 1, \"twice\": 1, \"twice\": \"a second, longer value\"} ";
  ExpectAll({
      {"JSON_VALUE", {json, Word("$.type")}, "account"},
      {"JSON_VALUE", {json, Word("lax $.age")}, "42"},
      {"JSON_VALUE", {json, Word("strict $.on")}, "true"},
      {"JSON_VALUE", {json, Word("$.none")}, "NULL"},
      {"JSON_VALUE", {json, Word("$.address.city")}, "München"},
      {"JSON_VALUE", {json, Word("$.address")}, "NULL"},
      {"JSON_VALUE", {json, Word("$['a b'][1][0]")}, "2.50"},
      {"JSON_VALUE", {json, Word("$['a b'][2]")}, "NULL"},
      {"JSON_VALUE", {json, Word("$.twice")}, "a second, longer value"},
      {"JSON_VALUE", {json, Word("$.missing")}, "NULL"},
      {"JSON_VALUE", {"{\"a\": tru}", Word("$.a")}, "NULL"},
      {"JSON_VALUE", {"{\"a\": 1", Word("$.a")}, "NULL"},
      {"JSON_VALUE", {"\"x\"", Word("$")}, "x"},
      {"JSON_EXISTS", {json, Word("lax $")}, "TRUE"},
      {"JSON_EXISTS", {json, Word("$.none")}, "TRUE"},
      {"JSON_EXISTS", {json, Word("$.address.street")}, "FALSE"},
      {"JSON_EXISTS", {nullptr, Word("$.a")}, "NULL"},
  });
  const FunctionCaller caller(RegisterStringFunctions);
  EXPECT_THAT(caller.Call("JSON_VALUE", {json, Word("$.*")}),
              testing::HasSubstr("several values"));
  EXPECT_FALSE(IsJson(std::string(100000, '[')));
  EXPECT_TRUE(IsJson(" [1, {\"a\": -0.5e+3}] "));
  EXPECT_FALSE(IsJson("[1,]"));
  EXPECT_FALSE(IsJson("01"));
}

TEST(StringFunctions, PrintLikeJava) {
  const LogicalType timestamp = LogicalType::Timestamp(3);
  ExpectAll({
      {"PRINTF", {"%d %s", nullptr, nullptr}, "null null"},
      {"PRINTF", {"%s"}, "NULL"},
      {"PRINTF", {"100%%, no args"}, "100%, no args"},
      {"PRINTF", {"%s", Of(LogicalType::Date(), 19934)}, "19934"},
      {"PRINTF", {"%s", Of(timestamp, 1722335040000)}, "2024-07-30T10:24"},
      {"PRINTF", {"%s", Of(timestamp, 1722335041500)},
       "2024-07-30T10:24:01.500"},
      {"PRINTF", {"%s", Of(LogicalType::Decimal(4, 2), 1024)}, "10.24"},
      {"PRINTF", {"%5d|%-5d|%05d|%+d", 42, 42, -42, 42},
       "   42|42   |-0042|+42"},
      {"PRINTF", {"%,d %(d", 1234567, -5}, "1,234,567 (5)"},
      {"PRINTF", {"%x %X %o", -1, 255, 8}, "ffffffff FF 10"},
      {"PRINTF", {"%.2f %e", 1.005, 12345.678}, "1.01 1.234568e+04"},
      {"PRINTF", {"%2$s %1$s", "a", "b"}, "b a"},
      {"PRINTF", {"%.3s|%S|%b|%c", "abcdef", "up", "x", 65},
       "abc|UP|true|A"},
      {"PRINTF", {"%d", "text"}, "NULL"},
      {"PRINTF", {"%q", 1}, "NULL"},
      {"PRINTF", {nullptr, 1}, "NULL"},
  });
}

}  // namespace
}  // namespace millrace::functions_string_text_test
