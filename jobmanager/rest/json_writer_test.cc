#include "jobmanager/rest/json_writer.h"

#include <cmath>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(JsonWriterTest, WritesFieldsInTheOrderOfWriting) {
  JsonWriter out;
  out.BeginObject()
      .Field("b", 1)
      .Field("a", "x")
      .Field("yes", true)
      .EmptyObject("o")
      .EmptyArray("l");
  out.Key("list").BeginArray().Value(1).Null().Value(2.5).EndArray();
  EXPECT_EQ(out.EndObject().Take(),
            R"({"b":1,"a":"x","yes":true,"o":{},"l":[],"list":[1,null,2.5]})");
}

TEST(JsonWriterTest, NumbersAreAsJavaWritesThem) {
  JsonWriter out;
  out.BeginArray().Value(3.0).Value(std::nan("")).Value(HUGE_VAL);
  out.Value(int64_t{1} << 62);
  EXPECT_EQ(out.EndArray().Take(),
            R"([3.0,"NaN","Infinity",4611686018427387904])");
}

TEST(JsonWriterTest, AnyBytesBecomeText) {
  struct Case {
    const char* text;
    const char* json;
  };
  const Case cases[] = {
      {"a\"b\\c", R"("a\"b\\c")"},
      {"line\nnext\t\x01", R"("line\nnext\u0009\u0001")"},
      {"\xc3\xbc \xf0\x9f\x98\x80", "\"\xc3\xbc \xf0\x9f\x98\x80\""},
      {"\xff", "\"\xef\xbf\xbd\""},
      {"\xc3", "\"\xef\xbf\xbd\""},
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (const Case& c : cases) {
    JsonWriter out;
    EXPECT_EQ(out.Value(c.text).Take(), c.json);
  }
}

}  // namespace
}  // namespace millrace
