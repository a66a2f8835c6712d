#include "runtime/worker/chain.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::chain_test {
namespace {

using ::testing::ElementsAre;

Batch Number(int64_t value) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, 1);
  column->data<int64_t>()[0] = value;
  return {.row_count = 1, .columns = {column}};
}

int64_t NumberOf(const Batch& batch) {
  return batch.columns[0]->data<int64_t>()[0];
}

// Gives each number `times` times, then a line at each watermark, timer and
// end; one batch a row, so that every output fills.
class Repeat final : public Operator {
 public:
  explicit Repeat(int times) : times_(times) {}

  absl::StatusOr<Progress> Process(int, const Batch& batch,
                                   Output& output) override {
    return Give(NumberOf(batch), times_, output);
  }
  absl::StatusOr<Progress> Advance(int64_t watermark_ms,
                                   Output& output) override {
    return Give(1000 + watermark_ms, times_, output);
  }
  absl::StatusOr<Progress> Fire(int64_t now_ms, Output& output) override {
    const auto progress = Give(2000 + now_ms, 1, output);
    if (progress.ok() && *progress == Progress::kDone) timer = INT64_MAX;
    return progress;
  }
  int64_t NextTimer() const override { return timer; }
  absl::StatusOr<Progress> EndInput(Output& output) override {
    return Give(9999, 1, output);
  }

  int64_t timer = INT64_MAX;

 private:
  absl::StatusOr<Progress> Give(int64_t value, int times, Output& output) {
    for (; given_ < times; ++given_) {
      if (!output.HasRoom()) return Progress::kOutputFull;
      const absl::Status emitted = output.Emit(Number(value));
      if (!emitted.ok()) return emitted;
    }
    given_ = 0;
    return Progress::kDone;
  }

  const int times_;
  int given_ = 0;
};

// A chain of Repeat operators into one ring of two slots.
class ChainTest : public ::testing::Test {
 protected:
  Repeat* Open(const std::vector<int>& times) {
    std::vector<Chain::Stage> stages;
    Repeat* first = nullptr;
    for (const int count : times) {
      auto op = std::make_unique<Repeat>(count);
      if (first == nullptr) first = op.get();
      stages.push_back({std::move(op), nullptr});
    }
    std::vector<std::unique_ptr<ExchangeOutput>> outputs;
    outputs.push_back(std::make_unique<ExchangeOutput>(
        Partitioner::One(0), std::vector<Ring*>{&ring_}, &clock_));
    chain_ = std::make_unique<Chain>(std::move(stages), std::move(outputs));
    return first;
  }

  // Takes what is in the ring whenever the chain is stuck, until it is not.
  void Finish(absl::StatusOr<bool> done) {
    int64_t rounds = 0;
    while (true) {
      ASSERT_TRUE(done.ok()) << done.status();
      const bool took = TakeAll();
      if (*done) return;
      ASSERT_TRUE(took) << "stuck without anything to take";
      ASSERT_LT(++rounds, 1000);
      done = chain_->Resume();
    }
  }

  bool TakeAll() {
    bool any = false;
    while (auto event = ring_.Take()) {
      any = true;
      if (const auto* batch = std::get_if<Batch>(&*event)) {
        received_.push_back(absl::StrCat(NumberOf(*batch)));
      } else if (const auto* mark = std::get_if<WatermarkEvent>(&*event)) {
        received_.push_back(absl::StrCat("w", mark->watermark_ms));
      } else if (std::holds_alternative<EndOfInputEvent>(*event)) {
        received_.push_back("end");
      } else if (const auto* marker =
                     std::get_if<LatencyMarkerEvent>(&*event)) {
        received_.push_back(absl::StrCat("m", marker->read_micros));
      } else {
        received_.push_back("?");
      }
    }
    return any;
  }

  ManualClock clock_{absl::UnixEpoch()};
  Ring ring_{{.slots = 2}};
  std::unique_ptr<Chain> chain_;
  std::vector<std::string> received_;
};

TEST_F(ChainTest, ResumesEveryOperatorAtItsPlace) {
  Open({2, 3, 2});
  Finish(chain_->Process(0, Number(7)));
  EXPECT_EQ(received_, std::vector<std::string>(12, "7"));
}

TEST_F(ChainTest, AWatermarkFollowsTheRowsItLedTo) {
  Open({1, 2});
  Finish(chain_->Process(0, Number(1)));
  Finish(chain_->Handle(WatermarkEvent{5}));
  // The first operator says 1005 once, which the second repeats; then the
  // second says its own twice; then the watermark goes on.
  EXPECT_THAT(received_,
              ElementsAre("1", "1", "1005", "1005", "1005", "1005", "w5"));
}

TEST_F(ChainTest, TheEndComesLast) {
  Open({1, 1});
  Finish(chain_->Handle(EndOfInputEvent{}));
  EXPECT_THAT(received_, ElementsAre("9999", "9999", "end"));
}

TEST_F(ChainTest, FiresOnlyTimersThatAreDue) {
  Repeat* first = Open({1, 1});
  first->timer = 50;
  EXPECT_EQ(chain_->NextTimer(), 50);
  Finish(chain_->Fire(60));
  EXPECT_THAT(received_, ElementsAre("2060"));
  EXPECT_EQ(chain_->NextTimer(), INT64_MAX);
}

TEST_F(ChainTest, WithoutOperatorsRowsPass) {
  Open({});
  Finish(chain_->Process(0, Number(3)));
  Finish(chain_->Handle(WatermarkEvent{4}));
  EXPECT_THAT(received_, ElementsAre("3", "w4"));
}

TEST_F(ChainTest, IsUnfinishedWhileAnEventWaitsForRoom) {
  Open({});
  for (const int64_t value : {1, 2}) {
    EXPECT_TRUE(*chain_->Process(0, Number(value)));
  }
  EXPECT_FALSE(*chain_->Handle(WatermarkEvent{4}));
  EXPECT_FALSE(*chain_->Resume());
  TakeAll();
  EXPECT_TRUE(*chain_->Resume());
  TakeAll();
  EXPECT_THAT(received_, ElementsAre("1", "2", "w4"));
}

TEST_F(ChainTest, ALatencyMarkerGoesBehindTheRowsBeforeIt) {
  Open({2, 1});
  Finish(chain_->Process(0, Number(1)));
  Finish(chain_->Handle(LatencyMarkerEvent{VertexId(0), 3}));
  Finish(chain_->Process(0, Number(2)));
  EXPECT_THAT(received_, ElementsAre("1", "1", "m3", "2", "2"));
}

TEST(ExchangeOutputTest, LatencyMarkersGoToOneReceiverAfterTheOther) {
  ManualClock clock(absl::UnixEpoch());
  Ring first({});
  Ring third({});
  ExchangeOutput output(Partitioner::Broadcast(3), {&first, nullptr, &third},
                        &clock);
  const auto take = [](Ring& ring) {
    const auto event = ring.Take();
    return event ? std::get<LatencyMarkerEvent>(*event).read_micros : 0;
  };
  for (const int64_t micros : {1, 2, 3}) {
    output.SendToOne({VertexId(0), micros});
  }
  EXPECT_EQ(take(first), 1);
  EXPECT_EQ(take(first), 3);
  EXPECT_EQ(take(third), 2);
  EXPECT_EQ(take(third), 0);
}

TEST(ExchangeOutputTest, CountsABatchWhenAChannelTakesIt) {
  ManualClock clock(absl::UnixEpoch());
  Ring ring({.slots = 1});
  Counter bytes, batches;
  ExchangeOutput output(Partitioner::One(0), {&ring}, &clock,
                        {&bytes, &batches});
  ASSERT_TRUE(output.Emit(Number(1)).ok());
  ASSERT_TRUE(output.Emit(Number(2)).ok());
  EXPECT_EQ(batches.value(), 1);
  const int64_t of_one = bytes.value();
  EXPECT_GE(of_one, 8);
  ring.Take();
  output.Send(WatermarkEvent{9});
  EXPECT_FALSE(output.Drain());
  EXPECT_EQ(batches.value(), 2);
  EXPECT_EQ(bytes.value(), 2 * of_one);
}

// Two receivers: the full one does not hold up the other, and keeps its order.
TEST(ExchangeOutputTest, AFullChannelHoldsUpOnlyItself) {
  ManualClock clock(absl::UnixEpoch());
  Ring full({.slots = 1});
  Ring open({.slots = 8});
  ExchangeOutput output(Partitioner::Broadcast(2), {&full, &open}, &clock);
  ASSERT_TRUE(output.Emit(Number(1)).ok());
  EXPECT_TRUE(output.HasRoom());
  ASSERT_TRUE(output.Emit(Number(2)).ok());
  EXPECT_FALSE(output.HasRoom());
  output.Send(WatermarkEvent{9});
  EXPECT_FALSE(output.Drain());
  EXPECT_EQ(NumberOf(std::get<Batch>(*open.Take())), 1);
  EXPECT_EQ(NumberOf(std::get<Batch>(*open.Take())), 2);
  EXPECT_TRUE(std::holds_alternative<WatermarkEvent>(*open.Take()));

  EXPECT_EQ(NumberOf(std::get<Batch>(*full.Take())), 1);
  EXPECT_FALSE(output.Drain());
  EXPECT_EQ(NumberOf(std::get<Batch>(*full.Take())), 2);
  EXPECT_TRUE(output.Drain());
  EXPECT_TRUE(std::holds_alternative<WatermarkEvent>(*full.Take()));
}

TEST(ExchangeOutputTest, RowsOnTheirWayGoOutBeforeAnEventAndWhenOld) {
  ManualClock clock(absl::UnixEpoch());
  Ring ring({});
  const auto hash = [](const Batch& batch) { return batch.columns[0]; };
  ExchangeOutput output(Partitioner::Hash(std::vector<int>(128, 0), hash),
                        {&ring}, &clock);
  ASSERT_TRUE(output.Emit(Number(1)).ok());
  EXPECT_FALSE(ring.Take().has_value());
  EXPECT_EQ(output.FlushAtNanos(), 5'000'000);
  ASSERT_TRUE(output.Emit(Number(2)).ok());
  EXPECT_EQ(output.FlushAtNanos(), 5'000'000) << "the first row's age counts";
  output.Flush();
  EXPECT_EQ(std::get<Batch>(*ring.Take()).row_count, 2);
  EXPECT_EQ(output.FlushAtNanos(), INT64_MAX);

  ASSERT_TRUE(output.Emit(Number(3)).ok());
  output.Send(WatermarkEvent{7});
  EXPECT_EQ(std::get<Batch>(*ring.Take()).row_count, 1);
  EXPECT_TRUE(std::holds_alternative<WatermarkEvent>(*ring.Take()));
}

}  // namespace
}  // namespace millrace::chain_test
