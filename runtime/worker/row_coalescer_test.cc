#include "runtime/worker/row_coalescer.h"

#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

Batch Rows(uint32_t count) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, count);
  return {.row_count = count, .columns = {column}};
}

// Notes the sizes of batches, refusing where `room` is false.
class Sizes final : public Output {
 public:
  bool HasRoom() const override { return room; }
  absl::Status Emit(Batch batch) override {
    sizes.push_back(batch.selected_count());
    return absl::OkStatus();
  }

  bool room = true;
  std::vector<uint32_t> sizes;
};

class RowCoalescerTest : public ::testing::Test {
 protected:
  Progress Process(uint32_t rows) {
    return *coalescer_.Process(0, Rows(rows), output_);
  }

  ManualClock clock_{absl::FromUnixSeconds(1)};
  RowCoalescer coalescer_{&clock_};
  Sizes output_;
};

TEST_F(RowCoalescerTest, MakesOneLargeBatchOfSmallOnes) {
  for (int i = 0; i < 11; ++i) EXPECT_EQ(Process(100), Progress::kDone);
  EXPECT_THAT(output_.sizes, ElementsAre(1100));
}

TEST_F(RowCoalescerTest, ALargeBatchPassesBehindWhatWasCollected) {
  Process(10);
  Process(600);
  EXPECT_THAT(output_.sizes, ElementsAre(10, 600));
}

TEST_F(RowCoalescerTest, NothingCrossesAWatermark) {
  Process(10);
  EXPECT_EQ(*coalescer_.Advance(5, output_), Progress::kDone);
  EXPECT_THAT(output_.sizes, ElementsAre(10));
}

TEST_F(RowCoalescerTest, GivesOutWhatHasGrownOld) {
  Process(10);
  EXPECT_EQ(coalescer_.NextTimer(), 1005);
  clock_.AdvanceBy(absl::Milliseconds(5));
  Process(10);
  EXPECT_EQ(coalescer_.NextTimer(), 1005) << "the first row's age counts";
  EXPECT_EQ(*coalescer_.Fire(1005, output_), Progress::kDone);
  EXPECT_THAT(output_.sizes, ElementsAre(20));
  EXPECT_EQ(coalescer_.NextTimer(), INT64_MAX);
}

TEST_F(RowCoalescerTest, KeepsItsRowsWhileTheOutputIsFull) {
  Process(10);
  output_.room = false;
  EXPECT_EQ(*coalescer_.EndInput(output_), Progress::kOutputFull);
  EXPECT_EQ(Process(600), Progress::kOutputFull);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Process(110), Progress::kDone);
  EXPECT_EQ(Process(110), Progress::kOutputFull) << "full itself";
  output_.room = true;
  EXPECT_EQ(Process(110), Progress::kDone);
  EXPECT_THAT(output_.sizes, ElementsAre(1110));
  EXPECT_EQ(*coalescer_.EndInput(output_), Progress::kDone);
  EXPECT_THAT(output_.sizes, ElementsAre(1110, 110));
}

}  // namespace
}  // namespace millrace
