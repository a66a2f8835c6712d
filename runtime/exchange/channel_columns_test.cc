#include "runtime/exchange/channel_columns.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

Batch BatchOf(const std::vector<LogicalType>& types) {
  Batch batch;
  for (const LogicalType& type : types) {
    batch.columns.push_back(std::make_shared<Vector>(type, 0));
  }
  return batch;
}

const LogicalType kInt = LogicalType::Integer();
const LogicalType kBigInt = LogicalType::BigInt();
const LogicalType kText = LogicalType::String();

LogicalType RowOf(const LogicalType& a, const LogicalType& b) {
  return LogicalType::Row({{"a", a}, {"b", b}});
}

TEST(ChannelColumnsTest, WhatLiesAsThePlanSaysIsTaken) {
  const std::vector<std::vector<LogicalType>> shapes = {
      {},
      {kInt, kText.NotNull()},
      {RowOf(kInt, LogicalType::Array(kText))},
      {LogicalType::Map(kText, RowOf(kInt, kInt))},
      {LogicalType::Multiset(kText)},
      {LogicalType::Decimal(38, 2), LogicalType::Timestamp(9)}};
  for (size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_TRUE(CheckColumns(BatchOf(shapes[i]), shapes[i]).ok()) << i;
  }
}

TEST(ChannelColumnsTest, AnotherPlansBatchIsRefused) {
  const std::vector<std::pair<std::vector<LogicalType>,
                              std::vector<LogicalType>>>
      cases = {{{kInt}, {kInt, kInt}},
               {{kInt}, {}},
               {{kInt}, {kBigInt}},
               {{kBigInt}, {kText}},
               {{RowOf(kInt, kInt)}, {RowOf(kInt, kText)}},
               {{RowOf(kInt, kInt)},
                {LogicalType::Row({{"a", kInt}, {"b", kInt}, {"c", kInt}})}},
               {{LogicalType::Array(kInt)},
                {LogicalType::Map(kInt, kInt)}}};
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(CheckColumns(BatchOf(cases[i].first), cases[i].second).code(),
              absl::StatusCode::kDataLoss)
        << i;
  }
  // Within a list, once it has elements.
  Batch list = BatchOf({LogicalType::Array(kInt)});
  auto filled = std::make_shared<Vector>(LogicalType::Array(kInt), 1);
  filled->SetChild(0, std::make_shared<Vector>(PhysicalType::kString, 1));
  list.columns[0] = filled;
  EXPECT_FALSE(CheckColumns(list, {LogicalType::Array(kInt)}).ok());
}

}  // namespace
}  // namespace millrace
