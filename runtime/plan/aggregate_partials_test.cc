#include "runtime/plan/aggregate_partials.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(AggregatePartialsTest, ASumWhosePartialMayOverflowIsNotCut) {
  const auto sum_of = [](int digits) {
    return std::vector<AggregateCall>{
        {.function = "SUM",
         .args = {0},
         .arg_types = {LogicalType::Decimal(digits, 2)},
         .result = LogicalType::Decimal(38, 2)}};
  };
  EXPECT_TRUE(MayBeCut(sum_of(34)));
  EXPECT_FALSE(MayBeCut(sum_of(35)));
}

}  // namespace
}  // namespace millrace
