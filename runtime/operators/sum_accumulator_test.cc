#include <memory>

#include "gtest/gtest.h"
#include "runtime/base/memory_budget.h"
#include "runtime/operators/accumulator.h"

namespace millrace {
namespace {

TEST(SumAccumulatorTest, TheLeastLongOverMinusOneIsItselfAsInJava) {
  const auto average = MakeSum(0, LogicalType::BigInt(), /*average=*/true,
                               /*sums_partials=*/false);
  alignas(8) char slot[16] = {};
  ASSERT_EQ(average->size_bytes(), sizeof(slot));
  char* const slots[] = {slot};
  const uint32_t rows[] = {0};
  Vector values(PhysicalType::kInt64, 1);
  values.data<int64_t>()[0] = INT64_MIN;
  const Vector* const args[] = {&values};
  MemoryBudget budget(1 << 20);
  SlotHeap heap(&budget, "test");
  average->Apply({.count = 1, .slots = slots, .rows = rows}, args,
                 RowChange::kRetract, heap);
  Vector out(PhysicalType::kInt64, 1);
  average->Emit(AggregateResult::kAverage, slots, 1, out);
  EXPECT_EQ(out.data<int64_t>()[0], INT64_MIN);
}

}  // namespace
}  // namespace millrace
