#include "runtime/connector/fixed_split_enumerator.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<Split> kSplits = {{"0/2", "0,"}, {"1/2", "2048,"}};

TEST(FixedSplitEnumeratorTest, AssignsOnce) {
  FixedSplitEnumerator enumerator(2);
  EXPECT_FALSE(enumerator.OnRequest(0).no_more_splits);
  EXPECT_THAT(enumerator.OnDiscovered(kSplits).assign, SizeIs(2));
  const auto again = enumerator.OnDiscovered(kSplits);
  EXPECT_THAT(again.assign, IsEmpty());
  EXPECT_TRUE(again.no_more_splits);
}

TEST(FixedSplitEnumeratorTest, KnowsAfterARestoreWhetherItAssigned) {
  FixedSplitEnumerator before(2);
  FixedSplitEnumerator unassigned(2);
  ASSERT_TRUE(unassigned.Restore(before.Snapshot()).ok());
  EXPECT_THAT(unassigned.OnDiscovered(kSplits).assign, SizeIs(2));

  before.OnDiscovered(kSplits);
  FixedSplitEnumerator assigned(3);
  ASSERT_TRUE(assigned.Restore(before.Snapshot()).ok());
  EXPECT_THAT(assigned.OnDiscovered(kSplits).assign, IsEmpty());
  EXPECT_TRUE(assigned.OnRequest(2).no_more_splits);
  EXPECT_FALSE(assigned.Restore("x").ok());
}

}  // namespace
}  // namespace millrace
