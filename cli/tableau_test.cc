#include "cli/tableau.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(TableauTest, GivesEachTypeItsWidthAndAlignsRight) {
  const Tableau table({{"op", LogicalType::Char(2)},
                       {"n", LogicalType::TinyInt()},
                       {"a_long_name", LogicalType::Date()}});
  EXPECT_EQ(table.Rule(), "+----+------+-------------+\n");
  EXPECT_EQ(table.Header(), "| op |    n | a_long_name |\n");
  EXPECT_EQ(table.Row({"+I", "-5", "2024-02-29"}),
            "| +I |   -5 |  2024-02-29 |\n");
}

TEST(TableauTest, CutsTextThatIsTooWide) {
  const Tableau table({{"s", LogicalType::VarChar(6)}});
  EXPECT_EQ(table.Row({"abcdefg"}), "| abc... |\n");
  EXPECT_EQ(table.Row({"äöüßäö"}), "| äöüßäö |\n");
  const Tableau narrow({{"s", LogicalType::String()}}, /*max_width=*/5);
  EXPECT_EQ(narrow.Row({"abcdefg"}), "| ab... |\n");
}

TEST(TableauTest, FitsAKnownResult) {
  const Tableau table({"name"}, {{"x"}, {"longer text"}});
  EXPECT_EQ(table.Header(), "|        name |\n");
}

}  // namespace
}  // namespace millrace
