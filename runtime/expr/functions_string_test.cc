#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"

namespace millrace::functions_string_test {
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

TEST(StringFunctions, ChangeCase) {
  ExpectAll({
      {"UPPER", {"string"}, "STRING"},
      {"LOWER", {"HELLO"}, "hello"},
      {"LOWER", {"ABCXYZ@[`{019"}, "abcxyz@[`{019"},
      {"UPPER", {"abcxyz@[`{019, and more"}, "ABCXYZ@[`{019, AND MORE"},
      {"UPPER", {"größe"}, "GRÖSSE"},
      {"LOWER", {"ÄÖÜ ЖЯ, long enough for a chunk"},
       "äöü жя, long enough for a chunk"},
      {"UPPER", {nullptr}, "NULL"},
      {"INITCAP", {"This is a test String."}, "This Is A Test String."},
      {"INITCAP", {"a1b 2cd-ef"}, "A1b 2cd-Ef"},
  });
}

TEST(StringFunctions, CountCharacters) {
  ExpectAll({
      {"CHAR_LENGTH", {"This is a test String."}, "22"},
      {"CHARACTER_LENGTH", {""}, "0"},
      {"CHAR_LENGTH", {"1世3"}, "3"},
      {"CHAR_LENGTH", {"😀😀 nine more"}, "12"},
      {"ASCII", {"val_238"}, "118"},
      {"ASCII", {""}, "0"},
      {"HASH_CODE", {"a"}, "97"},
      {"CHR", {65}, "A"},
      {"CHR", {300}, ","},
      {"CHR", {-9}, ""},
      {"CHR", {228}, "ä"},
      {"REVERSE", {"AQIDBA=="}, "==ABDIQA"},
      {"REVERSE", {"1世😀"}, "😀世1"},
  });
}

TEST(StringFunctions, CutByCharacters) {
  ExpectAll({
      {"SUBSTRING", {"This is a test String.", 2, 3}, "his"},
      {"SUBSTRING", {"This is", 2}, "his is"},
      {"SUBSTRING", {"This is", 2, 100}, "his is"},
      {"SUBSTR", {"hello world", 0, 3}, "hel"},
      {"SUBSTR", {"hello", 100, 10}, ""},
      {"SUBSTR", {"hello", 2, -1}, "NULL"},
      {"SUBSTR", {"hello", -3, 2}, "ll"},
      {"SUBSTR", {"hello", -5, 2}, "he"},
      {"SUBSTR", {"hello", -6, 2}, ""},
      {"SUBSTR", {"1世3", 1, 2}, "1世"},
      {"SUBSTR", {"twelve bytes and 世界", 18, 1}, "世"},
      {"SUBSTRING", {nullptr, 2, 3}, "NULL"},
      {"LEFT", {"This is", 2}, "Th"},
      {"LEFT", {"世界", 1}, "世"},
      {"LEFT", {"This is", -2}, ""},
      {"RIGHT", {"This is a test String.", 2}, "g."},
      {"RIGHT", {"世界", 100}, "世界"},
      {"RIGHT", {"This is", -2}, ""},
  });
}

TEST(StringFunctions, TrimSetsOfCharacters) {
  ExpectAll({
      {"TRIM", {" This is "}, "This is"},
      {"TRIM", {Word("BOTH"), "开心", "心情开开心心"}, "情"},
      {"TRIM", {Word("LEADING"), " ", "  example  "}, "example  "},
      {"TRIM", {Word("TRAILING"), "x", "xxxxSTRINGxxxx"}, "xxxxSTRING"},
      {"TRIM", {Word("BOTH"), "e", "example"}, "xampl"},
      {"LTRIM", {"This is a test String.", "This "}, "a test String."},
      {"LTRIM", {"abcddcba", "abc"}, "ddcba"},
      {"LTRIM", {"心情开开心心", "开心"}, "情开开心心"},
      {"RTRIM", {"This is a test String.", "String. "}, "This is a tes"},
      {"RTRIM", {" String. "}, " String."},
      {"BTRIM", {"  😀www.apache.org  \f   "}, "😀www.apache.org  \f"},
      {"BTRIM", {"  😀www.apache.org  \f   ", "😀 "}, "www.apache.org  \f"},
      {"BTRIM", {"aaa", "a"}, ""},
      {"BTRIM", {nullptr, "a"}, "NULL"},
  });
}

TEST(StringFunctions, FindText) {
  ExpectAll({
      {"POSITION", {"test", "xxxtest"}, "4"},
      {"POSITION", {"testx", "xxxtest"}, "0"},
      {"POSITION", {"", "abc"}, "1"},
      {"POSITION", {"界", "世界"}, "2"},
      {"LOCATE", {"aa", "aaads", 2}, "2"},
      {"LOCATE", {"aa", "aaads", 3}, "0"},
      {"INSTR", {"Corporate Floor", "or", 3, 2}, "14"},
      {"INSTR", {"Corporate Floor", "or", -3, 2}, "2"},
      {"INSTR", {"Corporate Floor", "or", 0, 1}, "0"},
      {"INSTR", {"myteststring", "st"}, "5"},
      {"STARTSWITH", {"in中文", "in中"}, "TRUE"},
      {"STARTSWITH", {"www", "wwww"}, "FALSE"},
      {"STARTSWITH", {Bytes("abc"), Bytes("ab")}, "TRUE"},
      {"ENDSWITH", {"in中文", "中"}, "FALSE"},
      {"ENDSWITH", {"", "abc"}, "FALSE"},
      {"ENDSWITH", {"www.apache.org", ""}, "TRUE"},
      {"ENDSWITH", {nullptr, "abc"}, "NULL"},
  });
}

TEST(StringFunctions, PutTogether) {
  ExpectAll({
      {"CONCAT", {"AA", "BB", "CC", "---"}, "AABBCC---"},
      {"CONCAT", {"a"}, "a"},
      {"CONCAT", {"xx", nullptr}, "NULL"},
      {"||", {"test", "string that is long"}, "teststring that is long"},
      {"CONCAT_WS", {nullptr, "AA"}, "NULL"},
      {"CONCAT_WS", {"||", "a", "b", nullptr}, "a||b"},
      {"CONCAT_WS", {",", nullptr, "b", ""}, "b,"},
      {"REPLACE", {"This is a test", " ", "_"}, "This_is_a_test"},
      {"REPLACE", {"hello world", "world", "flink"}, "hello flink"},
      {"REPLACE", {"abc", "", "-"}, "-a-b-c-"},
      {"REPLACE", {"aaa", "aa", "b"}, "ba"},
      {"REPLACE", {"long text stays itself", "nowhere", "b"},
       "long text stays itself"},
      {"OVERLAY", {"xxxxxtest", "xxxx", 6}, "xxxxxxxxx"},
      {"OVERLAY", {"xxxxxtest", "xxxx", 6, 2}, "xxxxxxxxxst"},
      {"OVERLAY", {"123456789", "It", -1, 4}, "123456789"},
      {"OVERLAY", {"123456789", "It", 100, 4}, "123456789"},
      {"OVERLAY", {"世界和平", "X", 2, 1}, "世X和平"},
      {"TRANSLATE", {"www.apache.org", "abc", nullptr}, "www.phe.org"},
      {"TRANSLATE", {"www.apache.org", "abc", "12345"}, "www.1p13he.org"},
      {"TRANSLATE", {"www.apache.org", "...", "123"}, "www1apache1org"},
      {"TRANSLATE", {"www.😀.org", "😀w", "笑α"}, "ααα.笑.org"},
      {"TRANSLATE", {nullptr, "abc", "123"}, "NULL"},
      {"TRANSLATE", {"", "abc", "123"}, ""},
      {"ELT", {1, "a", nullptr}, "a"},
      {"ELT", {0, "a", "b"}, "NULL"},
      {"ELT", {3, "a", "b"}, "NULL"},
  });
}

TEST(StringFunctions, SplitAtSeparators) {
  const char* const url = "https://www.nexmark.com/abc/de/f/item.htm?query=1";
  ExpectAll({
      {"SPLIT_INDEX", {url, "/", 3}, "abc"},
      {"SPLIT_INDEX", {url, "/", 5}, "f"},
      {"SPLIT_INDEX", {url, "/", 6}, "item.htm?query=1"},
      {"SPLIT_INDEX", {url, "/", 7}, "NULL"},
      {"SPLIT_INDEX", {url, "/", 1}, ""},
      {"SPLIT_INDEX", {"AQIDBA==", "I", 2}, "NULL"},
      {"SPLIT_INDEX", {"AQIDBA==", "I", -1}, "NULL"},
      {"SPLIT_INDEX", {"AQIDBA==", 73, 0}, "AQ"},
      {"SPLIT_INDEX", {"AQIDBA==", 256, 0}, "NULL"},
      {"SPLIT_INDEX", {"AQIDBA==", 0, 0}, "NULL"},
      {"SPLIT_INDEX", {"Test", "e", 1}, "st"},
      {"SPLIT_INDEX", {"a--b--", "--", 1}, "b"},
      {"SPLIT_INDEX", {"a--b--", "--", 2}, ""},
      {"SPLIT_INDEX", {"a--b--", "--", 3}, "NULL"},
      {"SPLIT_INDEX", {"", "e", 0}, "NULL"},
      {"SPLIT_INDEX", {"a b", "", 1}, "b"},
      {"SPLIT", {",123,,,123,", ","}, "[, 123, , , 123, ]"},
      {"SPLIT", {"123", ""}, "[1, 2, 3]"},
      {"SPLIT", {"12345", ","}, "[12345]"},
  });
}

TEST(StringFunctions, MatchLikePatterns) {
  ExpectAll({
      {"LIKE", {"abcxxxdef", "abcxxxdef"}, "TRUE"},
      {"LIKE", {"abcxxxdef", "%xdef"}, "TRUE"},
      {"LIKE", {"abcxxxdef", "abc%def%"}, "TRUE"},
      {"LIKE", {"abcxxxdef", "%abc%qef"}, "FALSE"},
      {"LIKE", {"abab", "ab%ab%ab"}, "FALSE"},
      {"LIKE", {"", ""}, "TRUE"},
      {"LIKE", {"", "%"}, "TRUE"},
      {"LIKE", {"test", ""}, "FALSE"},
      {"LIKE", {"✅test✅", "_test_"}, "TRUE"},
      {"LIKE", {"✅test✅", "%_✅"}, "TRUE"},
      {"LIKE", {"a\nb", "a_b"}, "TRUE"},
      {"LIKE", {"TE_ST", "%E\\_S%"}, "FALSE"},
      {"LIKE", {"TE_ST", "%E\\_S%", "\\"}, "TRUE"},
      {"LIKE", {"TE-ST", "%E__S%", "_"}, "FALSE"},
      {"LIKE", {"test%", "test✅%", "✅"}, "TRUE"},
      {"LIKE", {"test", "test\"end", ""}, "FALSE"},
      {"ILIKE", {"TeSt", "t_s%"}, "TRUE"},
      {"LIKE", {nullptr, "%%link"}, "NULL"},
  });
}

TEST(StringFunctions, RefuseMisplacedEscapes) {
  const FunctionCaller caller(RegisterStringFunctions);
  EXPECT_THAT(caller.Call("LIKE", {"te_st", "te%st", "%"}),
              testing::HasSubstr("Invalid escape sequence 'te%st', 2"));
  EXPECT_THAT(caller.Call("LIKE", {"te_st", "test&", "&"}),
              testing::HasSubstr("Invalid escape sequence"));
  EXPECT_THAT(caller.Call("LIKE", {"te_st", "test", "&&"}),
              testing::HasSubstr("Invalid escape character"));
}

TEST(StringFunctions, ResolveTypesAsFlink) {
  const FunctionCaller caller(RegisterStringFunctions);
  const Arg five(LogicalType::Char(5).NotNull(), Value::Text("Hello"));
  EXPECT_EQ(caller.TypeOf("||", {five, five}), "CHAR(10) NOT NULL");
  EXPECT_EQ(caller.TypeOf("UPPER", {five}), "STRING NOT NULL");
  EXPECT_EQ(caller.TypeOf("SUBSTRING", {five, 2}), "STRING");
  EXPECT_EQ(caller.TypeOf("ELT", {1, five, five}), "CHAR(5)");
  EXPECT_EQ(caller.TypeOf("UPPER", {5}), "REFUSED");
  EXPECT_EQ(caller.TypeOf("ENDSWITH", {five, Bytes("a")}), "REFUSED");
  EXPECT_EQ(caller.TypeOf("ELT", {-1, five}), "REFUSED");
}

}  // namespace
}  // namespace millrace::functions_string_test
