#include "runtime/exchange/frame.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr ChannelName kChannel = {.edge = 3, .sender = 1, .receiver = 200};

Batch TextBatch(uint32_t rows, size_t text_bytes) {
  auto column = std::make_shared<Vector>(PhysicalType::kString, rows);
  StringWriter writer;
  for (uint32_t i = 0; i < rows; ++i) {
    column->data<StringView>()[i] =
        writer.Copy(std::string(text_bytes, static_cast<char>('a' + i % 26)));
  }
  column->AddChunks(writer.TakeChunks());
  return {.row_count = rows, .columns = {column}};
}

Frame Parsed(const std::string& message) {
  auto parsed = ParseDataMessage(message);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? std::get<Frame>(*std::move(parsed)) : Frame();
}

// A frame of each kind of entry.
std::string EveryEntry() {
  FrameWriter frame("job", 7);
  frame.Add(kChannel, StreamEvent(TextBatch(2, 20)));
  frame.Add(kChannel, StreamEvent(WatermarkEvent{-5}));
  frame.Add(kChannel, StreamEvent(BarrierEvent{CheckpointId(9), 77}));
  frame.Add(kChannel, StreamEvent(IdlenessEvent{true}));
  frame.Add(kChannel, StreamEvent(EndOfInputEvent{}));
  frame.Add(kChannel, CreditLimit{123});
  frame.Add(kChannel, CreditWanted{});
  frame.Add(kChannel, StreamEvent(LatencyMarkerEvent{VertexId(2), 1 << 20}));
  return frame.Take();
}

TEST(FrameTest, KeepsWhatWasAddedInOrder) {
  const Frame frame = Parsed(EveryEntry());
  EXPECT_EQ(frame.job_id, "job");
  EXPECT_EQ(frame.attempt, 7);
  ASSERT_EQ(frame.entries.size(), 8);
  for (const FrameEntry& entry : frame.entries) {
    EXPECT_EQ(entry.channel, kChannel);
  }
  const auto event = [&](int i) {
    return std::get<StreamEvent>(frame.entries[i].content);
  };
  EXPECT_EQ(std::get<Batch>(event(0)).row_count, 2);
  EXPECT_EQ(std::get<WatermarkEvent>(event(1)).watermark_ms, -5);
  EXPECT_EQ(std::get<BarrierEvent>(event(2)).checkpoint, CheckpointId(9));
  EXPECT_EQ(std::get<BarrierEvent>(event(2)).triggered_micros, 77);
  EXPECT_TRUE(std::get<IdlenessEvent>(event(3)).idle);
  EXPECT_TRUE(std::holds_alternative<EndOfInputEvent>(event(4)));
  EXPECT_EQ(std::get<CreditLimit>(frame.entries[5].content).limit_bytes, 123);
  EXPECT_TRUE(
      std::holds_alternative<CreditWanted>(frame.entries[6].content));
  const auto marker = std::get<LatencyMarkerEvent>(event(7));
  EXPECT_EQ(marker.source, VertexId(2));
  EXPECT_EQ(marker.read_micros, 1 << 20);
}

TEST(FrameTest, BothEndsCountTheSameCost) {
  FrameWriter writer("job", 1);
  const auto small = writer.Add(kChannel, StreamEvent(WatermarkEvent{1}));
  const auto large = writer.Add(kChannel, StreamEvent(TextBatch(100, 100)));
  ASSERT_TRUE(small && large);
  EXPECT_EQ(*small, FrameWriter::kLeastCost);
  EXPECT_GT(*large, 100 * 100);
  const Frame frame = Parsed(writer.Take());
  EXPECT_EQ(frame.entries[0].cost_bytes, *small);
  EXPECT_EQ(frame.entries[1].cost_bytes, *large);
}

TEST(FrameTest, ASmallBatchDoesNotKeepALargeFrame) {
  FrameWriter writer("job", 1);
  writer.Add(kChannel, StreamEvent(TextBatch(1, 100)));
  writer.Add(kChannel, StreamEvent(TextBatch(2000, 100)));
  const Frame frame = Parsed(writer.Take());
  const auto chunk = [&](int i) {
    const auto& event = std::get<StreamEvent>(frame.entries[i].content);
    return std::get<Batch>(event).columns[0]->chunks().at(0);
  };
  EXPECT_EQ(chunk(0)->capacity_bytes(), 100);
  EXPECT_GT(chunk(1)->capacity_bytes(), 200'000) << "the frame itself";
}

TEST(FrameTest, TakesFramesOneAfterTheOther) {
  FrameWriter writer("job", 1);
  EXPECT_TRUE(writer.empty());
  std::string first_large;
  for (const size_t rows : {1, 2000, 1, 2000, 1}) {
    writer.Add(kChannel, StreamEvent(TextBatch(rows, 100)));
    EXPECT_EQ(writer.IsFull(), rows == 2000);
    const Frame frame = Parsed(writer.Take());
    EXPECT_TRUE(writer.empty());
    ASSERT_EQ(frame.entries.size(), 1);
    const auto& event = std::get<StreamEvent>(frame.entries[0].content);
    EXPECT_EQ(std::get<Batch>(event).row_count, rows);
  }
}

TEST(FrameTest, RefusesABatchThatIsToBeCut) {
  FrameWriter writer("job", 1);
  EXPECT_FALSE(writer.Add(kChannel, StreamEvent(TextBatch(50, 100'000))));
  EXPECT_TRUE(writer.empty());
  EXPECT_TRUE(writer.Add(kChannel, StreamEvent(TextBatch(1, 5'000'000))))
      << "one row is not cut";
}

TEST(FrameTest, AHelloSaysBothSides) {
  const Hello hello = {.from = {"tm-1", 5}, .to = {"tm-2", 6}};
  const auto parsed = ParseDataMessage(EncodeHello(hello));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(std::get<Hello>(*parsed).from, hello.from);
  EXPECT_EQ(std::get<Hello>(*parsed).to, hello.to);
}

TEST(FrameTest, SaysWhichFormatItRefuses) {
  const std::string hello = EncodeHello({{"a", 1}, {"b", 2}});
  for (std::string message : {EveryEntry(), hello}) {
    message[0] = 1;
    const absl::Status refused = ParseDataMessage(message).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(refused.message(),
              "received bytes are of format 1 of data links, this process "
              "reads 3");
  }
}

TEST(FrameTest, RefusesOrSurvivesWhateverArrives) {
  const std::string hello = EncodeHello({{"a", 1}, {"b", 2}});
  for (const std::string& message : {EveryEntry(), hello}) {
    for (size_t size = 0; size < message.size(); ++size) {
      const auto cut = ParseDataMessage(message.substr(0, size));
      EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss) << size;
    }
    for (size_t at = 0; at < message.size(); ++at) {
      for (const int flip : {1, 16, 128, 255}) {
        std::string flipped = message;
        flipped[at] = static_cast<char>(flipped[at] ^ flip);
        const auto parsed = ParseDataMessage(std::move(flipped));
        EXPECT_TRUE(parsed.ok() || absl::IsDataLoss(parsed.status()));
      }
    }
  }
}

}  // namespace
}  // namespace millrace
