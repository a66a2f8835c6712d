#include "runtime/exchange/input_gate.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/clock.h"

namespace millrace {
namespace {

// Rings into a gate; channel i is of input i.
class InputGateTest : public ::testing::Test {
 protected:
  void Open(int channels, int64_t restored_watermark_ms = kMinWatermark) {
    std::vector<InputGate::Channel> ends;
    for (int i = 0; i < channels; ++i) {
      rings_.push_back(std::make_unique<Ring>(Ring::Options{}));
      ends.push_back({rings_.back().get(), i, /*is_remote=*/i == 1});
    }
    gate_ = std::make_unique<InputGate>(
        std::move(ends),
        InputGate::Options{.restored_watermark_ms = restored_watermark_ms,
                           .alignment_nanos = &alignment_nanos_,
                           .start_delay_nanos = &start_delay_nanos_,
                           .clock = &clock_,
                           .local = {&local_bytes_, &local_batches_},
                           .remote = {&remote_bytes_, &remote_batches_}});
  }

  void Send(int channel, StreamEvent event) {
    ASSERT_TRUE(rings_[channel]->Offer(event));
  }
  void SendRows(int channel, uint32_t rows) {
    Send(channel, Batch{.row_count = rows});
  }

  // Everything the gate gives now: "0:3" is three rows on input 0, "w5", "b1",
  // "idle", "active", "end".
  std::string Received() {
    std::string all;
    while (true) {
      const auto received = gate_->Next();
      if (!received.ok()) return std::string(received.status().message());
      if (!received->has_value()) return all;
      absl::StrAppend(&all, all.empty() ? "" : " ", Text(**received));
    }
  }

  ManualClock clock_{absl::UnixEpoch()};
  Gauge alignment_nanos_;
  Gauge start_delay_nanos_;
  Counter local_bytes_, local_batches_;
  Counter remote_bytes_, remote_batches_;
  std::unique_ptr<InputGate> gate_;

 private:
  static std::string Text(const InputGate::Received& received) {
    const StreamEvent& event = received.event;
    if (const auto* batch = std::get_if<Batch>(&event)) {
      return absl::StrCat(received.input, ":", batch->row_count);
    }
    if (const auto* watermark = std::get_if<WatermarkEvent>(&event)) {
      return watermark->watermark_ms == kMaxWatermark
                 ? "wmax"
                 : absl::StrCat("w", watermark->watermark_ms);
    }
    if (const auto* barrier = std::get_if<BarrierEvent>(&event)) {
      return absl::StrCat("b", barrier->checkpoint.value());
    }
    if (const auto* idleness = std::get_if<IdlenessEvent>(&event)) {
      return idleness->idle ? "idle" : "active";
    }
    if (const auto* marker = std::get_if<LatencyMarkerEvent>(&event)) {
      return absl::StrCat("m", marker->read_micros);
    }
    return "end";
  }

  std::vector<std::unique_ptr<Ring>> rings_;
};

TEST_F(InputGateTest, CountsWhatComesFromWhere) {
  Open(2);
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, 4);
  for (const int channel : {0, 1, 1}) {
    Send(channel, Batch{.row_count = 4, .columns = {column}});
    Send(channel, WatermarkEvent{1});
  }
  Received();
  EXPECT_EQ(local_batches_.value(), 1);
  EXPECT_EQ(remote_batches_.value(), 2);
  EXPECT_GE(local_bytes_.value(), 4 * 8);
  EXPECT_EQ(remote_bytes_.value(), 2 * local_bytes_.value());
}

TEST_F(InputGateTest, EachChannelsLatencyMarkerPasses) {
  Open(2);
  Send(0, LatencyMarkerEvent{VertexId(0), 5});
  Send(1, WatermarkEvent{3});
  Send(1, LatencyMarkerEvent{VertexId(0), 6});
  EXPECT_EQ(Received(), "m5 m6");
}

TEST_F(InputGateTest, ALatencyMarkerBehindABarrierWaitsWithIt) {
  Open(2);
  Send(0, BarrierEvent{CheckpointId(1)});
  Send(0, LatencyMarkerEvent{VertexId(0), 5});
  EXPECT_EQ(Received(), "");
  Send(1, BarrierEvent{CheckpointId(1)});
  EXPECT_EQ(Received(), "b1 m5");
}

TEST_F(InputGateTest, ReadsChannelsInTurn) {
  Open(2);
  for (uint32_t i = 1; i <= 3; ++i) SendRows(0, i);
  SendRows(1, 7);
  EXPECT_EQ(Received(), "0:1 1:7 0:2 0:3");
  EXPECT_EQ(Received(), "");
}

TEST_F(InputGateTest, MergesWatermarksAndGivesTheRowsBeforeThemFirst) {
  Open(2);
  SendRows(0, 1);
  Send(0, WatermarkEvent{5});
  SendRows(1, 2);
  Send(1, WatermarkEvent{3});
  EXPECT_EQ(Received(), "0:1 1:2 w3");
}

TEST_F(InputGateTest, EndsOnceWithTheLastWatermarkBefore) {
  Open(2);
  Send(0, WatermarkEvent{kMaxWatermark});
  Send(0, EndOfInputEvent{});
  EXPECT_EQ(Received(), "");
  SendRows(1, 4);
  Send(1, WatermarkEvent{kMaxWatermark});
  Send(1, EndOfInputEvent{});
  EXPECT_EQ(Received(), "1:4 wmax end");
  EXPECT_EQ(Received(), "");
}

TEST_F(InputGateTest, DoesNotReadPastABarrierUntilAllHaveIt) {
  Open(2);
  Send(0, BarrierEvent{CheckpointId(1)});
  SendRows(0, 9);
  SendRows(1, 2);
  EXPECT_EQ(Received(), "1:2");
  Send(1, BarrierEvent{CheckpointId(1)});
  EXPECT_EQ(Received(), "b1 0:9");
}

TEST_F(InputGateTest, AnEndedChannelTakesPartInAlignment) {
  Open(2);
  Send(0, WatermarkEvent{kMaxWatermark});
  Send(0, EndOfInputEvent{});
  Send(1, BarrierEvent{CheckpointId(1)});
  SendRows(1, 9);
  EXPECT_EQ(Received(), "");
  Send(0, BarrierEvent{CheckpointId(1)});
  EXPECT_EQ(Received(), "b1 1:9");
}

TEST_F(InputGateTest, BarriersComeAfterTheEndOfTheInputToo) {
  Open(2);
  for (const int channel : {0, 1}) {
    Send(channel, EndOfInputEvent{});
    Send(channel, BarrierEvent{CheckpointId(4)});
  }
  EXPECT_EQ(Received(), "wmax end b4");
}

TEST_F(InputGateTest, AnAbortLetsTheChannelsGoOn) {
  Open(2);
  Send(0, BarrierEvent{CheckpointId(1)});
  SendRows(0, 9);
  EXPECT_EQ(Received(), "");
  gate_->OnAbort(CheckpointId(1));
  EXPECT_EQ(Received(), "0:9");
  Send(1, BarrierEvent{CheckpointId(1)});
  SendRows(1, 2);
  EXPECT_EQ(Received(), "1:2") << "its barriers are stale";
}

TEST_F(InputGateTest, GoesOnFromARestoredWatermark) {
  Open(2, /*restored_watermark_ms=*/50);
  EXPECT_EQ(Received(), "w50");
  Send(0, WatermarkEvent{40});
  Send(1, WatermarkEvent{60});
  EXPECT_EQ(Received(), "") << "never back";
  Send(0, WatermarkEvent{55});
  EXPECT_EQ(Received(), "w55");
}

TEST_F(InputGateTest, MeasuresFromTheFirstBarrierToTheLast) {
  Open(2);
  Send(0, BarrierEvent{CheckpointId(1)});
  Received();
  clock_.AdvanceBy(absl::Nanoseconds(70));
  Send(1, BarrierEvent{CheckpointId(1)});
  Received();
  EXPECT_EQ(alignment_nanos_.value(), 70);
}

TEST_F(InputGateTest, MeasuresHowLateTheFirstBarrierIs) {
  Open(2);
  clock_.AdvanceBy(absl::Milliseconds(5));
  Send(0, BarrierEvent{CheckpointId(1), /*triggered_micros=*/3'000});
  Received();
  EXPECT_EQ(start_delay_nanos_.value(), 2'000'000);
  clock_.AdvanceBy(absl::Milliseconds(50));
  Send(1, BarrierEvent{CheckpointId(1), 3'000});
  EXPECT_EQ(Received(), "b1");
  EXPECT_EQ(start_delay_nanos_.value(), 2'000'000);
  // The other host's clock is ahead.
  Send(0, BarrierEvent{CheckpointId(2), 900'000});
  Received();
  EXPECT_EQ(start_delay_nanos_.value(), 0);
}

TEST_F(InputGateTest, PassesOnWhenTheCheckpointWasTriggered) {
  Open(1);
  Send(0, BarrierEvent{CheckpointId(1), 3'000});
  const auto received = gate_->Next();
  ASSERT_TRUE(received.ok() && received->has_value());
  EXPECT_EQ(std::get<BarrierEvent>((*received)->event).triggered_micros,
            3'000);
}

TEST_F(InputGateTest, IsIdleWhenEveryChannelIs) {
  Open(2);
  Send(0, IdlenessEvent{true});
  EXPECT_EQ(Received(), "");
  Send(1, IdlenessEvent{true});
  EXPECT_EQ(Received(), "idle");
  Send(1, IdlenessEvent{false});
  EXPECT_EQ(Received(), "active");
}

}  // namespace
}  // namespace millrace
