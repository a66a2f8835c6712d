#include "runtime/types/type_text.h"

#include <string>

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(TypeText, ReadsWhatDdlWrites) {
  const struct {
    const char* text;
    const char* printed;
  } cases[] = {
      {"int", "INT"},
      {"INTEGER NOT NULL", "INT NOT NULL"},
      {"bigint null", "BIGINT"},
      {"DOUBLE PRECISION", "DOUBLE"},
      {"DEC(5)", "DECIMAL(5, 0)"},
      {"NUMERIC", "DECIMAL(10, 0)"},
      {"decimal ( 38 , 18 )", "DECIMAL(38, 18)"},
      {"VARCHAR", "STRING"},
      {"VARCHAR(2147483647)", "STRING"},
      {"CHAR", "CHAR(1)"},
      {"VARBINARY(20)", "VARBINARY(20)"},
      {"BYTES", "BYTES"},
      {"TIME", "TIME(0)"},
      {"TIMESTAMP", "TIMESTAMP(6)"},
      {"TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"},
      {"TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL",
       "TIMESTAMP_LTZ(3) NOT NULL"},
      {"INTERVAL YEAR(4) TO MONTH", "INTERVAL YEAR TO MONTH"},
      {"INTERVAL MONTH", "INTERVAL YEAR TO MONTH"},
      {"INTERVAL DAY(2) TO SECOND(6)", "INTERVAL DAY TO SECOND(3)"},
      {"INTERVAL SECOND(3)", "INTERVAL DAY TO SECOND(3)"},
      {"INT ARRAY", "ARRAY<INT>"},
      {"INT NOT NULL ARRAY NOT NULL", "ARRAY<INT NOT NULL> NOT NULL"},
      {"STRING MULTISET", "MULTISET<STRING>"},
      {"MAP<STRING, ARRAY<INT>>", "MAP<STRING, ARRAY<INT>>"},
      {"ROW(a INT, b STRING NOT NULL)",
       "ROW<`a` INT, `b` STRING NOT NULL>"},
      {"ROW<`a``b` ROW<c INT>>", "ROW<`a``b` ROW<`c` INT>>"},
      {"ROW<>", "ROW<>"},
      {"NULL", "NULL"},
  };
  for (const auto& c : cases) {
    const auto type = ParseLogicalType(c.text);
    ASSERT_TRUE(type.ok()) << type.status();
    EXPECT_EQ(type->ToString(), c.printed);
    const auto again = ParseLogicalType(type->ToString());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, *type);
  }
}

TEST(TypeText, SaysWhereATypeIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "expected a type at character 1 of type ''"},
      {"INTT", "expected a type at character 1 of type 'INTT'"},
      {"INT x", "expected the end of the type at character 5 of type 'INT x'"},
      {"DECIMAL(39)",
       "expected a number from 1 to 38 at character 9 of type 'DECIMAL(39)'"},
      {"DECIMAL(3, 4)",
       "expected a number from 0 to 3 at character 12 of type "
       "'DECIMAL(3, 4)'"},
      {"TIMESTAMP(10)",
       "expected a number from 0 to 9 at character 11 of type "
       "'TIMESTAMP(10)'"},
      {"ARRAY<INT", "expected '>' at character 10 of type 'ARRAY<INT'"},
      {"ROW<`a INT>", "expected '`' at character 12 of type 'ROW<`a INT>'"},
      {"INTERVAL DAY TO MONTH",
       "expected a unit of the same family at character 22 of type "
       "'INTERVAL DAY TO MONTH'"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ParseLogicalType(c.text).status().message(), c.message);
  }
}

TEST(TypeText, RefusesTypesNestedWithoutEnd) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ARRAY<";
  EXPECT_FALSE(ParseLogicalType(text).ok());
}

}  // namespace
}  // namespace millrace
