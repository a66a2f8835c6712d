#include "runtime/operators/slice_rows.h"

#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Parts = std::vector<std::pair<int64_t, std::vector<uint32_t>>>;

Parts PartsOf(SliceRows& rows, const std::vector<int64_t>& slice_ends) {
  Parts parts;
  EXPECT_TRUE(rows.ForEachSlice(
                      Selection::All(static_cast<uint32_t>(slice_ends.size())),
                      slice_ends.data(),
                      [&](int64_t slice_end, Selection selection) {
                        parts.push_back({slice_end, {}});
                        selection.ForEach([&](uint32_t row) {
                          parts.back().second.push_back(row);
                        });
                        return absl::OkStatus();
                      })
                  .ok());
  return parts;
}

TEST(SliceRowsTest, KeepsTheOrderOfSlicesAndRows) {
  SliceRows rows;
  EXPECT_THAT(PartsOf(rows, {20, 10, 20, 10, 30}),
              ElementsAre(Pair(20, ElementsAre(0, 2)),
                          Pair(10, ElementsAre(1, 3)),
                          Pair(30, ElementsAre(4))));
  EXPECT_THAT(PartsOf(rows, {10, 10}),
              ElementsAre(Pair(10, ElementsAre(0, 1))));
}

TEST(SliceRowsTest, TakesAsManySlicesAsThereAreRows) {
  SliceRows rows;
  std::vector<int64_t> slice_ends;
  for (int64_t i = 0; i < 2000; ++i) slice_ends.push_back(i % 1000 * 7);
  for (int turn = 0; turn < 2; ++turn) {
    const Parts parts = PartsOf(rows, slice_ends);
    ASSERT_EQ(parts.size(), 1000);
    for (uint32_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(parts[i].first, i * 7);
      EXPECT_THAT(parts[i].second, ElementsAre(i, i + 1000));
    }
  }
}

}  // namespace
}  // namespace millrace
