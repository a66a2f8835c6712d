#include "runtime/exchange/remote_traffic.h"

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kWindow = 8 << 10;
constexpr int64_t kRing = 8 << 10;

Batch NumberedBatch(uint32_t rows, int64_t first) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, rows);
  for (uint32_t i = 0; i < rows; ++i) column->data<int64_t>()[i] = first + i;
  return {.row_count = rows, .columns = {column}};
}

// Two processes of one attempt, and what is between them. Channels lead from
// the first to the second.
class RemoteTrafficTest : public ::testing::Test {
 protected:
  static RemoteTraffic Side() {
    return RemoteTraffic(
        {.job_id = "job", .attempt = 1, .window_bytes = kWindow});
  }
  static ChannelName Name(int channel) { return {.receiver = channel}; }

  void OpenSender(int channel) {
    from_.push_back(std::make_unique<Ring>(
        Ring::Options{.limit_bytes = kRing, .slots = 8}));
    sender_.AddSender(Name(channel), from_.back().get());
  }
  void OpenReceiver(int channel) {
    to_.push_back(std::make_unique<Ring>(
        Ring::Options{.limit_bytes = kRing, .slots = 8}));
    receiver_.AddReceiver(Name(channel), to_.back().get());
  }
  void Open(int channels) {
    for (int i = 0; i < channels; ++i) OpenSender(i);
    for (int i = 0; i < channels; ++i) OpenReceiver(i);
  }

  // Everything that `side` has to send goes on its way.
  static void Send(RemoteTraffic& side, std::deque<std::string>& way) {
    while (true) {
      const auto filled = side.Fill();
      ASSERT_TRUE(filled.ok()) << filled.status();
      if (!*filled) return;
      way.push_back(side.TakeMessage());
    }
  }
  // The oldest message arrives.
  static absl::Status Arrive(std::deque<std::string>& way,
                             RemoteTraffic& side) {
    auto message = ParseDataMessage(std::move(way.front()));
    way.pop_front();
    absl::Status status = message.status();
    if (!status.ok()) return status;
    for (FrameEntry& entry : std::get<Frame>(*message).entries) {
      status.Update(side.Take(std::move(entry)));
    }
    return status;
  }
  void ArriveAll() {
    while (!there_.empty() || !back_.empty()) {
      for (auto* way : {&there_, &back_}) {
        if (way->empty()) continue;
        ASSERT_TRUE(Arrive(*way, way == &there_ ? receiver_ : sender_).ok());
      }
    }
  }
  // Until nothing more moves.
  void Settle() {
    size_t moved = 1;
    while (moved > 0) {
      receiver_.PassOn();
      Send(sender_, there_);
      Send(receiver_, back_);
      moved = there_.size() + back_.size();
      ArriveAll();
    }
  }

  RemoteTraffic sender_ = Side();
  RemoteTraffic receiver_ = Side();
  std::vector<std::unique_ptr<Ring>> from_;
  std::vector<std::unique_ptr<Ring>> to_;
  std::deque<std::string> there_;
  std::deque<std::string> back_;
};

TEST_F(RemoteTrafficTest, NothingIsSentBeforeTheReceiverIsOpen) {
  OpenSender(0);
  StreamEvent event = NumberedBatch(3, 0);
  ASSERT_TRUE(from_[0]->Offer(event));
  Settle();
  EXPECT_GT(from_[0]->size_bytes(), 0);
  OpenReceiver(0);
  Settle();
  EXPECT_EQ(std::get<Batch>(*to_[0]->Take()).row_count, 3);
}

TEST_F(RemoteTrafficTest, AReceiverMayBeOpenLongBeforeItsSender) {
  OpenReceiver(0);
  Settle();
  OpenSender(0);
  StreamEvent event = WatermarkEvent{4};
  ASSERT_TRUE(from_[0]->Offer(event));
  Settle();
  EXPECT_EQ(std::get<WatermarkEvent>(*to_[0]->Take()).watermark_ms, 4);
}

TEST_F(RemoteTrafficTest, SaysEverythingAgainThroughANewLink) {
  OpenSender(0);
  OpenReceiver(0);
  Send(sender_, there_);
  Send(receiver_, back_);
  there_.clear();
  back_.clear();
  sender_.AnnounceAll();
  StreamEvent event = WatermarkEvent{4};
  ASSERT_TRUE(from_[0]->Offer(event));
  Settle();
  EXPECT_TRUE(to_[0]->Take().has_value());
}

// The rings, the window, and one batch at each of three places.
TEST_F(RemoteTrafficTest, AReceiverThatTakesNothingBoundsItsSender) {
  Open(2);
  const int64_t batch_bytes = SizeBytes(NumberedBatch(200, 0));
  int64_t offered_bytes = 0;
  int64_t taken = 0;
  for (int turn = 0; turn < 1000; ++turn) {
    for (const auto& ring : from_) {
      StreamEvent event = NumberedBatch(200, 0);
      const bool stuck = ring == from_[0];
      if (ring->Offer(event) && stuck) offered_bytes += batch_bytes;
    }
    Settle();
    while (to_[1]->Take()) ++taken;
  }
  EXPECT_EQ(taken, 1000) << "the other channel is not held up";
  EXPECT_GT(offered_bytes, 2 * kRing + kWindow - batch_bytes);
  EXPECT_LE(offered_bytes, 2 * kRing + kWindow + 3 * batch_bytes);
}

TEST_F(RemoteTrafficTest, ABatchLargerThanEverythingPasses) {
  Open(1);
  for (int i = 0; i < 3; ++i) {
    StreamEvent event = NumberedBatch(2048, i);
    ASSERT_TRUE(from_[0]->Offer(event));
    StreamEvent end = BarrierEvent{CheckpointId(i)};
    while (!from_[0]->Offer(end)) Settle();
    Settle();
    EXPECT_EQ(std::get<Batch>(*to_[0]->Take()).row_count, 2048);
    Settle();
    EXPECT_EQ(std::get<BarrierEvent>(*to_[0]->Take()).checkpoint,
              CheckpointId(i));
  }
}

TEST_F(RemoteTrafficTest, CutsABatchThatIsTooLargeForAFrame) {
  Open(1);
  constexpr uint32_t kRows = 100;
  auto column = std::make_shared<Vector>(PhysicalType::kString, kRows);
  StringWriter writer;
  for (uint32_t i = 0; i < kRows; ++i) {
    column->data<StringView>()[i] =
        writer.Copy(std::string(100'000, static_cast<char>(i)));
  }
  column->AddChunks(writer.TakeChunks());
  StreamEvent event = Batch{.row_count = kRows, .columns = {column}};
  ASSERT_TRUE(from_[0]->Offer(event));
  uint32_t at = 0;
  for (int turn = 0; turn < 20; ++turn) {
    Settle();
    while (const auto taken = to_[0]->Take()) {
      const Batch& piece = std::get<Batch>(*taken);
      const StringView* texts = piece.columns[0]->data<StringView>();
      for (uint32_t i = 0; i < piece.row_count; ++i, ++at) {
        ASSERT_EQ(texts[i].data()[99'999], static_cast<char>(at));
      }
    }
  }
  EXPECT_EQ(at, kRows);
}

TEST_F(RemoteTrafficTest, DoesNotTakeWhatHasNoCredit) {
  OpenReceiver(0);
  FrameWriter frame("job", 1);
  for (int i = 0; i < 3; ++i) {
    frame.Add(Name(0), StreamEvent(NumberedBatch(2048, 0)));
  }
  there_.push_back(frame.Take());
  EXPECT_TRUE(absl::IsDataLoss(Arrive(there_, receiver_)));
  frame.Add(Name(5), StreamEvent(WatermarkEvent{1}));
  there_.push_back(frame.Take());
  EXPECT_TRUE(absl::IsDataLoss(Arrive(there_, receiver_))) << "no channel";
}

// Everybody stalls at random, and every event still arrives, once, in order.
TEST_F(RemoteTrafficTest, RandomStallsNeitherLoseNorDeadlock) {
  constexpr int kChannels = 5;
  constexpr int64_t kEvents = 400;
  std::mt19937 random(7);
  const auto chance = [&](int percent) {
    return static_cast<int>(random() % 100) < percent;
  };
  Open(kChannels);
  std::vector<int64_t> offered(kChannels);
  std::vector<int64_t> taken(kChannels);
  int64_t done = 0;
  for (int64_t turn = 0; done < kChannels * kEvents; ++turn) {
    ASSERT_LT(turn, 200'000) << "nothing moves any more";
    const int i = static_cast<int>(random() % kChannels);
    if (chance(60) && offered[i] < kEvents) {
      StreamEvent event = WatermarkEvent{offered[i]};
      if (chance(80)) event = NumberedBatch(1 + random() % 2000, offered[i]);
      if (from_[i]->Offer(event)) ++offered[i];
    }
    if (chance(30)) Send(sender_, there_);
    if (chance(30)) Send(receiver_, back_);
    if (chance(40) && !there_.empty()) {
      ASSERT_TRUE(Arrive(there_, receiver_).ok());
    }
    if (chance(40) && !back_.empty()) {
      ASSERT_TRUE(Arrive(back_, sender_).ok());
    }
    if (chance(30)) receiver_.PassOn();
    const auto event = chance(50) ? to_[i]->Take() : std::nullopt;
    if (!event) continue;
    const auto* watermark = std::get_if<WatermarkEvent>(&*event);
    ASSERT_EQ(watermark != nullptr
                  ? watermark->watermark_ms
                  : std::get<Batch>(*event).columns[0]->data<int64_t>()[0],
              taken[i]);
    ++taken[i];
    ++done;
  }
  EXPECT_EQ(taken, std::vector<int64_t>(kChannels, kEvents));
}

}  // namespace
}  // namespace millrace
