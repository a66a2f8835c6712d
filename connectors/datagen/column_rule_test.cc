#include "connectors/datagen/column_rule.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::datagen {
namespace {

using testing::HasSubstr;

absl::StatusOr<ColumnRule> Rule(const LogicalType& type,
                                const TableOptions& options) {
  return ReadColumnRule("c", type, options, 7);
}

std::vector<int64_t> Longs(const ColumnRule& rule, int64_t first,
                           uint32_t count) {
  const VectorRef column = MakeColumn(rule, first, count, 0);
  return {column->data<int64_t>(), column->data<int64_t>() + count};
}

TEST(ColumnRuleTest, DrawsWithinBothBounds) {
  const auto rule = Rule(LogicalType::BigInt(),
                         {{"fields.c.min", "-2"}, {"fields.c.max", "2"}});
  ASSERT_TRUE(rule.ok()) << rule.status();
  const auto values = Longs(*rule, 0, 1000);
  EXPECT_EQ(*std::min_element(values.begin(), values.end()), -2);
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 2);
}

TEST(ColumnRuleTest, MakesTheSameRowWhereverTheBatchBegins) {
  const auto rule = Rule(LogicalType::BigInt(), {});
  const auto whole = Longs(*rule, 0, 100);
  EXPECT_EQ(Longs(*rule, 40, 1)[0], whole[40]);
}

TEST(ColumnRuleTest, CountsASequenceAndItsRows) {
  const auto rule = Rule(LogicalType::BigInt(), {{"fields.c.kind", "sequence"},
                                                 {"fields.c.start", "10"},
                                                 {"fields.c.end", "14"}});
  ASSERT_TRUE(rule.ok()) << rule.status();
  EXPECT_EQ(rule->RowLimit(), 5);
  EXPECT_THAT(Longs(*rule, 1, 2), testing::ElementsAre(11, 12));
}

TEST(ColumnRuleTest, CutsStringsToTheirLengthAndSetsNulls) {
  const auto rule =
      Rule(LogicalType::String(),
           {{"fields.c.length", "20"}, {"fields.c.null-rate", "0.5"}});
  const VectorRef column = MakeColumn(*rule, 0, 1000, 0);
  int nulls = 0;
  for (uint32_t row = 0; row < 1000; ++row) {
    nulls += column->IsNull(row);
    EXPECT_EQ(column->data<StringView>()[row].size(), 20);
  }
  EXPECT_NEAR(nulls, 500, 80);
}

TEST(ColumnRuleTest, RefusesWhatCannotBeMade) {
  const struct {
    LogicalType type;
    TableOptions options;
    const char* message;
  } kCases[] = {
      {LogicalType::BigInt(), {{"fields.c.kind", "magic"}}, "neither"},
      {LogicalType::BigInt(), {{"fields.c.kind", "sequence"}}, "needs it"},
      {LogicalType::TinyInt(), {{"fields.c.max", "300"}}, "leave TINYINT"},
      {LogicalType::BigInt(),
       {{"fields.c.min", "3"}, {"fields.c.max", "2"}},
       "above the maximum"},
      {LogicalType::Array(LogicalType::BigInt()), {}, "cannot be made"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(Rule(test.type, test.options).status().message(),
                HasSubstr(test.message));
  }
}

}  // namespace
}  // namespace millrace::datagen
