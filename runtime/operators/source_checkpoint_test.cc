#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/operators/source_operator.h"
#include "runtime/operators/stored_split.h"
#include "state/memory_snapshot.h"

namespace millrace::source_checkpoint_test {
namespace {

using ::testing::ElementsAre;

// Splits whose positions are numbers: each Next gives one row of the next open
// split in turn, with the event time that the position says, up to `end`.
class CountingReader final : public SplitReader {
 public:
  CountingReader(int64_t end, std::vector<std::string>* told)
      : end_(end), told_(told) {}

  absl::Status AddSplit(const Split& split) override {
    splits_.push_back({split.id, std::stoll(split.position)});
    return absl::OkStatus();
  }
  absl::StatusOr<Poll> Next(uint32_t) override {
    const auto at = static_cast<size_t>(turn_++ % splits_.size());
    auto& [id, position] = splits_[at];
    if (position >= end_) return Poll{};
    auto time = std::make_shared<Vector>(PhysicalType::kInt64, 1);
    time->data<int64_t>()[0] = position++;
    return Poll{.state = Poll::State::kRows,
                .batch = {.row_count = 1, .columns = {time}},
                .split = static_cast<int>(at),
                .records = 1};
  }
  std::vector<Split> Snapshot() const override {
    std::vector<Split> splits;
    for (const auto& [id, position] : splits_) {
      splits.push_back({id, absl::StrCat(position)});
    }
    return splits;
  }
  void OnCheckpointComplete(const std::vector<Split>& positions) override {
    told_->push_back(absl::StrJoin(
        positions, " ", [](std::string* out, const Split& split) {
          absl::StrAppend(out, split.id, "@", split.position);
        }));
  }

 private:
  std::vector<std::pair<std::string, int64_t>> splits_;
  const int64_t end_;
  std::vector<std::string>* const told_;
  int turn_ = 0;
};

// A source over CountingReader; its watermark is the event time.
class SourceCheckpointTest : public ::testing::Test {
 protected:
  void Open(int64_t end) {
    SourceOperator::Parts parts;
    parts.reader = std::make_unique<CountingReader>(end, &told_);
    parts.watermark = WatermarkSpec{.emit_interval_ms = 0};
    parts.watermark->event_time_column = 0;
    parts.metrics = std::make_shared<OperatorMetrics>(
        std::make_shared<MetricGroup>("test", MetricLabels()), &clock_);
    parts.conditions = WatermarkIsTime(*parts.watermark);
    parts.request_splits = [] {};
    context_.name = "Source: numbers[0]";
    context_.clock = &clock_;
    source_ = std::make_unique<SourceOperator>(std::move(parts), context_);
  }

  void Give(const std::string& id, bool no_more = false, bool hold = false) {
    source_->Take(SplitCommand{.splits = {{id, "10"}},
                               .no_more_splits = no_more,
                               .hold_watermark = hold});
  }
  void Trigger(int64_t checkpoint) {
    source_->Take(TriggerCommand{CheckpointId(checkpoint)});
  }

  // Steps joined by blanks until there is nothing to do, or until a barrier,
  // at which a snapshot is taken as the subtask would.
  std::string Steps() {
    std::string all;
    while (true) {
      auto step = source_->Next();
      if (!step.ok()) return std::string(step.status().message());
      if (step->kind == SourceStep::Kind::kNothing) return all;
      absl::StrAppend(&all, all.empty() ? "" : " ", Text(*step));
      if (step->kind == SourceStep::Kind::kBarrier) {
        snapshot_ = std::make_unique<MemorySnapshot>();
        EXPECT_TRUE(source_->Snapshot(step->checkpoint, *snapshot_).ok());
        return all;
      }
    }
  }
  static std::string Text(const SourceStep& step) {
    using Kind = SourceStep::Kind;
    switch (step.kind) {
      case Kind::kBatch:
        return absl::StrCat(step.batch.columns[0]->data<int64_t>()[0]);
      case Kind::kWatermark:
        return step.watermark_ms == kMaxWatermark
                   ? "wmax"
                   : absl::StrCat("w", step.watermark_ms);
      case Kind::kBarrier:
        return absl::StrCat("b", step.checkpoint.value());
      case Kind::kEnd: return "end";
      default: return "?";
    }
  }

  // A new source, of subtask `subtask` of `parallelism`.
  void Restore(int64_t end, int subtask = 0, int parallelism = 1) {
    Open(end);
    const auto reader = snapshot_->Read({.range = {KeyGroup(0), KeyGroup(1)},
                                         .subtask = subtask,
                                         .parallelism = parallelism});
    const absl::Status restored = source_->Restore(*reader);
    ASSERT_TRUE(restored.ok()) << restored;
  }

  std::unique_ptr<GuardedEvaluator> WatermarkIsTime(WatermarkSpec& spec);

  ManualClock clock_{absl::FromUnixSeconds(1'000'000)};
  FunctionRegistry functions_;
  OperatorContext context_;
  std::vector<std::string> told_;
  std::unique_ptr<SourceOperator> source_;
  std::unique_ptr<MemorySnapshot> snapshot_;
};

std::unique_ptr<GuardedEvaluator> SourceCheckpointTest::WatermarkIsTime(
    WatermarkSpec& spec) {
  spec.watermark = Expr::Column(0, LogicalType::Timestamp(3));
  const Expr conditions[] = {spec.watermark};
  auto compiled = GuardedEvaluator::Compile(
      conditions, {.labels = {"the watermark "}}, functions_, {});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *std::move(compiled);
}

TEST_F(SourceCheckpointTest, ABarrierFollowsWhatWasGivenOut) {
  Open(/*end=*/12);
  Give("a");
  EXPECT_EQ(source_->Next()->batch.row_count, 1);
  Trigger(1);
  EXPECT_EQ(Steps(), "w10 b1") << "what is ready goes first";
  EXPECT_EQ(Steps(), "11 w11");
}

TEST_F(SourceCheckpointTest, SplitsBehindATriggerAreNotInItsSnapshot) {
  Open(/*end=*/11);
  Give("a");
  Trigger(1);
  Give("b");
  EXPECT_EQ(Steps(), "b1");
  const std::unique_ptr<MemorySnapshot> first = std::move(snapshot_);
  Trigger(2);
  EXPECT_EQ(Steps(), "b2");
  const auto splits = [](const MemorySnapshot& snapshot) {
    return snapshot.Read({.range = {KeyGroup(0), KeyGroup(1)}})
        ->OperatorState("splits")
        ->size();
  };
  EXPECT_EQ(splits(*first), 1);
  EXPECT_EQ(splits(*snapshot_), 2);
}

TEST_F(SourceCheckpointTest, GoesOnFromPositionsAndWatermarks) {
  Open(/*end=*/13);
  Give("a");
  EXPECT_EQ(Steps(), "10 w10 11 w11 12 w12");
  Trigger(1);
  EXPECT_EQ(Steps(), "b1");
  Restore(/*end=*/15);
  EXPECT_EQ(Steps(), "w12 13 w13 14 w14");
}

TEST_F(SourceCheckpointTest, ARestoredSplitIsLateWhereItWasLate) {
  Open(/*end=*/13);
  Give("a");
  Steps();
  Give("b");  // Reads 10, 11, 12 behind the watermark 12.
  Trigger(1);
  EXPECT_EQ(Steps(), "b1");
  Restore(/*end=*/14, /*subtask=*/1, /*parallelism=*/2);
  EXPECT_EQ(Steps(), "w12 10 11 12 13 w13") << "the second split alone";
  Restore(/*end=*/14, /*subtask=*/0, /*parallelism=*/2);
  EXPECT_EQ(Steps(), "w12 13 w13");
}

TEST_F(SourceCheckpointTest, AHeldWatermarkStaysHeld) {
  Open(/*end=*/12);
  Give("a", /*no_more=*/false, /*hold=*/true);
  Trigger(1);
  EXPECT_EQ(Steps(), "b1");
  Restore(/*end=*/12);
  EXPECT_EQ(Steps(), "10 11");
  source_->Take(SplitCommand{});
  EXPECT_EQ(Steps(), "w11");
}

TEST_F(SourceCheckpointTest, BarriersComeAfterTheEndToo) {
  Open(/*end=*/10);
  source_->Take(SplitCommand{.no_more_splits = true});
  Trigger(1);
  EXPECT_EQ(Steps(), "b1") << "the trigger came before the first look";
  EXPECT_EQ(Steps(), "wmax end");
  EXPECT_EQ(source_->NextPollNanos(), INT64_MAX);
  Trigger(2);
  EXPECT_EQ(Steps(), "b2");
  Restore(/*end=*/10);
  EXPECT_EQ(Steps(), "wmax") << "it asks again for splits";
}

TEST_F(SourceCheckpointTest, TellsTheReaderThePositionsThatCompleted) {
  Open(/*end=*/11);
  Give("a");
  Trigger(1);
  EXPECT_EQ(Steps(), "b1");
  Steps();
  Trigger(2);
  EXPECT_EQ(Steps(), "b2");
  source_->OnCheckpointComplete(CheckpointId(1));
  source_->OnCheckpointComplete(CheckpointId(2));
  source_->OnCheckpointComplete(CheckpointId(2));
  source_->OnCheckpointComplete(CheckpointId(9));
  EXPECT_THAT(told_, ElementsAre("a@10", "a@11"));
}

TEST(StoredSplitTest, ComesBackWhateverThePosition) {
  const StoredSplit stored = {{"file:1", std::string("3\0x", 3)}, -7};
  const auto decoded = DecodeStoredSplit(EncodeStoredSplit(stored));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->split, stored.split);
  EXPECT_EQ(decoded->watermark_ms, -7);
  EXPECT_TRUE(absl::IsDataLoss(DecodeStoredSplit("id").status()));
  EXPECT_TRUE(absl::IsDataLoss(
      DecodeStoredSplit(absl::string_view("id\0short", 8)).status()));
}

TEST_F(SourceCheckpointTest, StandsStillBehindTheLastBarrier) {
  Open(100);
  Give("a");
  source_->Take(TriggerCommand{CheckpointId(1), /*stand_still=*/true});
  EXPECT_EQ(Steps(), "b1");
  EXPECT_EQ(Steps(), "");
  EXPECT_EQ(source_->NextPollNanos(), INT64_MAX);
  source_->OnCheckpointAbort(CheckpointId(1));
  EXPECT_NE(Steps(), "") << "it reads on";
}

TEST_F(SourceCheckpointTest, ReadsOnAfterALaterBarrierOrAnEarlyAbort) {
  Open(100);
  Give("a");
  source_->Take(TriggerCommand{CheckpointId(1), /*stand_still=*/true});
  EXPECT_EQ(Steps(), "b1");
  Trigger(2);
  EXPECT_EQ(Steps(), "b2");
  EXPECT_NE(Steps(), "");
  // The news was faster than the barrier.
  Open(100);
  Give("a");
  source_->Take(TriggerCommand{CheckpointId(3), /*stand_still=*/true});
  source_->OnCheckpointAbort(CheckpointId(3));
  const std::string steps = Steps();
  EXPECT_THAT(steps, testing::Not(testing::HasSubstr("b3")));
  EXPECT_NE(steps, "");
}

TEST_F(SourceCheckpointTest, KeepsNoTriggersOfCheckpointsThatAreGivenUp) {
  Open(100);
  for (int checkpoint = 1; checkpoint <= 3; ++checkpoint) {
    source_->Take(TriggerCommand{CheckpointId(checkpoint)});
    if (checkpoint < 3) source_->OnCheckpointAbort(CheckpointId(checkpoint));
  }
  EXPECT_EQ(Steps(), "b3");
}

// Whoever went on from that barrier would otherwise read rows that are late.
TEST_F(SourceCheckpointTest, IsDrainedBehindABarrierThatWasAskedForBefore) {
  Open(100);
  Give("a");
  Trigger(1);
  source_->Take(DrainCommand{});
  EXPECT_EQ(Steps(), "b1");
  EXPECT_EQ(Steps(), "wmax end");
}

TEST_F(SourceCheckpointTest, DrainedEndsWhereItIsAndKeepsItsPositions) {
  Open(100);
  Give("a");
  source_->Take(DrainCommand{});
  source_->Take(DrainCommand{});
  EXPECT_EQ(Steps(), "wmax end");
  EXPECT_EQ(Steps(), "");
  Trigger(1);
  EXPECT_EQ(Steps(), "b1");
  Restore(100);
  EXPECT_NE(Steps(), "") << "its split is read on";
}

}  // namespace
}  // namespace millrace::source_checkpoint_test
