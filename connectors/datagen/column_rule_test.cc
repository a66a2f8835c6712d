#include "connectors/datagen/column_rule.h"

#include <algorithm>

#include "connectors/datagen/datagen_connector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/connector/reader_restarts.h"

namespace millrace::datagen {
namespace {

using testing::HasSubstr;

absl::StatusOr<ColumnRule> Rule(const LogicalType& type,
                                const TableOptions& options) {
  return ReadColumnRule("c", type, options, 7);
}

std::vector<int64_t> Longs(const ColumnRule& rule, int64_t first,
                           uint32_t count) {
  const VectorRef column = MakeColumn(rule, first, count, {});
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

TEST(ColumnRuleTest, MakesTheSameRowsWhereverItIsRestarted) {
  ConnectorRegistry registry;
  RegisterDatagen(registry);
  const TableDescriptor table = {
      .name = "t",
      .columns = {{.name = "id", .type = LogicalType::BigInt()},
                  {.name = "who", .type = LogicalType::String()},
                  {.name = "ts", .type = LogicalType::Timestamp(3)}},
      .options = {{"connector", "datagen"},
                  {"number-of-rows", "9000"},
                  {"rows-per-second", "0"},
                  {"fields.id.kind", "sequence"},
                  {"fields.id.start", "1"},
                  {"fields.id.end", "9000"},
                  {"fields.who.length", "5"},
                  {"fields.ts.max-past", "1 min"}}};
  SourceRequest request;
  std::vector<LogicalType> types;
  for (int i = 0; i < 3; ++i) {
    types.push_back(table.columns[i].type);
    request.columns.push_back({.path = {i}, .type = types.back()});
  }
  ManualClock clock(absl::FromUnixSeconds(1'000'000));
  const ReaderRestarts restarts(
      {.make =
           [&] {
             // The time of a restart is no row's.
             clock.AdvanceBy(absl::Seconds(1));
             return (*registry.Find("datagen"))
                 ->MakeReader(table, request, {.clock = &clock});
           },
       .splits = {{"0/2", "0,1000000000"}, {"1/2", "2048,1000000000"}},
       .types = types,
       .max_rows = 700});
  EXPECT_EQ(restarts.Difference(), "");
  EXPECT_EQ(restarts.Rows()->size(), 9000u);
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
  const VectorRef column = MakeColumn(*rule, 0, 1000, {});
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
