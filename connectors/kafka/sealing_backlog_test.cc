#include "connectors/kafka/sealing_writer_fixture_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

// What waits for Kafka: how much, and what it holds up.
namespace millrace::kafka::sealing_writer_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SealingBacklogTest : public SealingWriterFixture {};

TEST_F(SealingBacklogTest, SoMuchWaitsAndNoMoreWhileItIsBeingSent) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  Write(*writer, std::string(600, 'a'));
  const Committable first = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, std::string(600, 'b')), Writer::Accepted::kAll);
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first}));
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kFull);
  writer->OnCheckpointBegun(CheckpointId(2));
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kFull)
      << "it is not a checkpoint that it waits for";
  while (!kafka_.held.empty()) {
    kafka_.Release();
    Settle(*writer);
  }
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kAll);
}

TEST_F(SealingBacklogTest, SoMuchWaitsAndNoMoreWhereNoCheckpointCompletes) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  const std::string row(600, 'a');
  Write(*writer, row);
  Write(*writer, row);
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "all of it open";
  writer->OnCheckpointBegun(CheckpointId(1));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll)
      << "the barrier is behind it";
  const Committable sealed = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "it has come";
  writer->OnCheckpointBegun(CheckpointId(1));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "told too late";
  writer->OnCheckpointBegun(CheckpointId(2));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll);
  writer->OnCheckpointAborted(CheckpointId(2));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "it may not come";
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll);
  EXPECT_THAT(kafka_.visible, SizeIs(3)) << "and nothing is dropped";
}

TEST_F(SealingBacklogTest, ADrainWaitsForKafkaAndForNoCheckpoint) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  const std::string row(600, 'a');
  Write(*writer, row);
  Write(*writer, row);
  const Committable first = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull);
  writer->OnDraining();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll)
        << "the final barrier is behind all of them";
  }
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first}));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull);
  while (!kafka_.held.empty()) {
    kafka_.Release();
    Settle(*writer);
  }
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll);
}

TEST_F(SealingBacklogTest, AFullOneHoldsUpBarriersWhileKafkaIsAway) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  Write(*writer, std::string(600, 'a'));
  const Committable first = Seal(*writer, 1);
  LoseKafka(*writer, first);
  EXPECT_TRUE(writer->HeldUp().ok()) << "there is room, and barriers pass";
  Write(*writer, std::string(600, 'b'));
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kFull);
  const absl::Status held_up = writer->HeldUp();
  EXPECT_EQ(ErrorCode(held_up), "SNK-0311");
  EXPECT_THAT(std::string(held_up.message()), HasSubstr("sink.max-pending"));
  EXPECT_THAT(std::string(held_up.message()), HasSubstr("nobody there"));
}

// Looking at its topics is no progress.
TEST_F(SealingBacklogTest, SoItDoesWhereKafkaAnswersAndTakesNothing) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  Write(*writer, std::string(600, 'a'));
  const Committable first = Seal(*writer, 1);
  Write(*writer, std::string(600, 'b'));
  kafka_.takes_nothing = true;
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first}));
  int held_up = 0;
  for (int tries = 0; tries < 6 * Tries::kLookAgain; ++tries) {
    kafka_.Release();
    kafka_.holds = true;
    clock_.AdvanceBy(Tries::kLongestWait);
    EXPECT_TRUE(writer->Poll().ok());
    if (!writer->HeldUp().ok()) ++held_up;
    EXPECT_TRUE(held_up == 0 || !writer->HeldUp().ok()) << tries;
  }
  EXPECT_GT(held_up, 2 * Tries::kLookAgain);
}

TEST_F(SealingBacklogTest, WhatWasRestoredHoldsUpBarriersWhileKafkaIsAway) {
  auto writer = Open();
  Settle(*writer);
  Write(*writer, "a");
  const Committable first = Seal(*writer, 1);
  auto restored = Open(2);
  Settle(*restored);
  LoseKafka(*restored, first);
  EXPECT_EQ(ErrorCode(restored->HeldUp()), "SNK-0311");
  EXPECT_THAT(std::string(restored->HeldUp().message()),
              HasSubstr("what was restored is sent before"));
  kafka_.is_away = false;
  kafka_.Release();
  EXPECT_TRUE(Settle(*restored));
  EXPECT_TRUE(restored->HeldUp().ok());
}

TEST_F(SealingBacklogTest, WithoutPeriodicCheckpointsThereIsNoLimit) {
  table_.options["sink.max-pending"] = "1 kb";
  takes_periodic_checkpoints_ = false;
  auto writer = Open();
  Settle(*writer);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Write(*writer, std::string(600, 'a')), Writer::Accepted::kAll);
  }
}

TEST_F(SealingBacklogTest, EmptyEpochsDoNotPileUpWhileKafkaIsAway) {
  auto writer = Open();
  Settle(*writer);
  // Who restores it shuts others out.
  const Committable first = Seal(*writer, 1);
  EXPECT_EQ(SealedAt(*writer, 2), 0) << "who restores that does so too";
  Write(*writer, "a");
  const Committable records = Seal(*writer, 3);
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first, records}));
  EXPECT_EQ(SealedAt(*writer, 4), 0) << "that one waits still";
  while (!kafka_.held.empty()) {
    kafka_.Release();
    Settle(*writer);
  }
  EXPECT_EQ(SealedAt(*writer, 5), 1) << "it knows of a later marker";
  EXPECT_EQ(SealedAt(*writer, 6), 0);
  EXPECT_THAT(kafka_.visible, ElementsAre("a"));
}

}  // namespace
}  // namespace millrace::kafka::sealing_writer_test
