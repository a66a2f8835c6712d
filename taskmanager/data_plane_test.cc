#include "taskmanager/data_plane.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "taskmanager/memory_network_test.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ChannelName kThere = {.edge = 0, .sender = 0, .receiver = 1};
constexpr ChannelName kBack = {.edge = 0, .sender = 1, .receiver = 0};

// Two processes, "a" which dials and "b", and attempts with one channel in
// each direction.
class DataPlaneTest : public ::testing::Test {
 protected:
  struct Side {
    MetricRegistry metrics;
    std::unique_ptr<DataPlane> plane;
    std::vector<std::string> lost;
  };
  // One process's part of an attempt.
  struct Part {
    std::unique_ptr<DataPlane::Channels> channels;
    Ring* out = nullptr;
    Ring* in = nullptr;
  };

  DataPlaneTest() {
    for (int i : {0, 1}) Listen(i, /*life=*/1);
  }

  void Listen(int process, int64_t life,
              DataPlane::Threads threads = DataPlane::Threads::kNone) {
    const Clock* clock = &clock_;
    if (threads == DataPlane::Threads::kOwn) clock = &real_clock_;
    Side& side = sides_[process];
    side.plane.reset();
    auto plane = DataPlane::Open({.task_manager = process == 0 ? "a" : "b",
                                  .life = life,
                                  .network = &network_,
                                  .clock = clock,
                                  .metrics = &side.metrics,
                                  .threads = threads});
    ASSERT_TRUE(plane.ok()) << plane.status();
    side.plane = *std::move(plane);
    if (processes_.size() < 2) processes_.resize(2);
    processes_[process] = {.task_manager = process == 0 ? "a" : "b",
                           .life = life,
                           .data_address = side.plane->address()};
  }

  Part Open(int process, int64_t attempt, Waker* waker = nullptr,
            DataPump::EdgeColumns columns = {}) {
    Side& side = sides_[process];
    Part part;
    part.channels = side.plane->OpenAttempt(
        {"job", attempt}, processes_,
        [&side, attempt](int other, absl::Status status) {
          side.lost.push_back(
              absl::StrCat(attempt, "/", other, " ", status.message()));
        },
        std::move(columns));
    const int other = 1 - process;
    part.out = part.channels->OpenSender(process == 0 ? kThere : kBack, other,
                                         waker);
    part.in = part.channels->OpenReceiver(process == 0 ? kBack : kThere, other,
                                          waker);
    return part;
  }

  // Until nothing is to be done at this time; says when there is.
  int64_t RunNow() {
    bool busy = true;
    int64_t next_nanos = INT64_MAX;
    while (busy) {
      busy = false;
      next_nanos = INT64_MAX;
      for (Side& side : sides_) {
        const int64_t next = side.plane->RunOnce();
        busy |= next == 0;
        next_nanos = std::min(next_nanos, next);
      }
      busy |= network_.Deliver();
    }
    return next_nanos;
  }
  void Run() {
    while (true) {
      const int64_t next_nanos = RunNow();
      if (next_nanos == INT64_MAX) return;
      clock_.AdvanceBy(absl::Nanoseconds(next_nanos - clock_.SteadyNanos()));
    }
  }

  static void Offer(Part& part, int64_t number) {
    StreamEvent event = WatermarkEvent{number};
    ASSERT_TRUE(part.out->Offer(event));
  }
  static std::vector<int64_t> TakeAll(Part& part) {
    std::vector<int64_t> numbers;
    while (const auto event = part.in->Take()) {
      numbers.push_back(std::get<WatermarkEvent>(*event).watermark_ms);
    }
    return numbers;
  }
  int64_t Counted(int process, absl::string_view name) {
    for (const auto& sample : sides_[process].metrics.Read()) {
      if (sample.name == absl::StrCat("millrace_exchange_", name)) {
        return static_cast<int64_t>(sample.value);
      }
    }
    return -1;
  }

  MemoryNetwork network_;
  ManualClock clock_{absl::FromUnixSeconds(100)};
  const SystemClock real_clock_;
  std::vector<DataPlane::Process> processes_;
  Side sides_[2];
};

TEST_F(DataPlaneTest, CarriesBothWays) {
  Part a = Open(0, 1);
  Part b = Open(1, 1);
  Offer(a, 1);
  Offer(a, 2);
  Offer(b, 3);
  Run();
  EXPECT_THAT(TakeAll(b), ElementsAre(1, 2));
  EXPECT_THAT(TakeAll(a), ElementsAre(3));
  EXPECT_GT(Counted(0, "sent_bytes"), 0);
  EXPECT_EQ(Counted(0, "sent_bytes"), Counted(1, "received_bytes"));
}

// A frame costs as much whatever is in it.
TEST_F(DataPlaneTest, WhatFollowsAFrameAtOnceWaitsForMore) {
  Part a = Open(0, 1);
  Part b = Open(1, 1);
  Run();
  const int64_t before = Counted(0, "sent_frames");
  for (int64_t number = 1; number <= 3; ++number) {
    Offer(a, number);
    RunNow();
  }
  EXPECT_EQ(Counted(0, "sent_frames"), before + 1);
  EXPECT_THAT(TakeAll(b), ElementsAre(1));
  Run();
  EXPECT_EQ(Counted(0, "sent_frames"), before + 2);
  EXPECT_THAT(TakeAll(b), ElementsAre(2, 3));
}

TEST_F(DataPlaneTest, NothingWaitsThatFillsItsRing) {
  Part a = Open(0, 1);
  Part b = Open(1, 1);
  Run();
  Offer(a, 0);
  RunNow();
  TakeAll(b);
  const int64_t half = Ring::Options().slots / 2;
  for (int64_t number = 1; number <= half; ++number) Offer(a, number);
  RunNow();
  EXPECT_EQ(TakeAll(b).size(), half);
}

// Operators read columns by the plan's types, without looking.
TEST_F(DataPlaneTest, BatchesOfAnotherPlanAreNotTaken) {
  const DataPump::EdgeColumns number = {{LogicalType::BigInt()}};
  Batch batch = {.row_count = 1};
  const auto send = [&](int64_t attempt, PhysicalType physical) {
    Part a = Open(0, attempt);
    Part b = Open(1, attempt, nullptr, number);
    auto column = std::make_shared<Vector>(physical, 1);
    column->data<int32_t>()[0] = 7;
    batch.columns = {column};
    StreamEvent event = batch;
    EXPECT_TRUE(a.out->Offer(event));
    Run();
    return b.in->Take().has_value();
  };
  EXPECT_TRUE(send(1, PhysicalType::kInt64));
  EXPECT_THAT(sides_[1].lost, IsEmpty());
  EXPECT_FALSE(send(2, PhysicalType::kInt32));
  EXPECT_THAT(sides_[1].lost,
              ElementsAre(HasSubstr("column 0 of a batch is no BIGINT")));
}

TEST_F(DataPlaneTest, WhoeverIsOpenFirstWaitsForTheOther) {
  for (const int first : {0, 1}) {
    Part one = Open(first, 1 + first);
    Offer(one, 7);
    Run();
    Part other = Open(1 - first, 1 + first);
    Run();
    EXPECT_THAT(TakeAll(other), ElementsAre(7)) << first;
  }
  EXPECT_THAT(sides_[0].lost, IsEmpty());
  EXPECT_THAT(sides_[1].lost, IsEmpty());
}

TEST_F(DataPlaneTest, ALinkThatEndsIsTheEndOfItsAttempts) {
  Part a = Open(0, 1);
  Part b = Open(1, 1);
  Part a2 = Open(0, 2);
  Part b2 = Open(1, 2);
  Run();
  network_.Cut();
  Run();
  EXPECT_THAT(sides_[0].lost,
              ElementsAre(HasSubstr("1/1"), HasSubstr("2/1")));
  EXPECT_THAT(sides_[1].lost, ElementsAre(HasSubstr("1/0"), HasSubstr("2/0")));
  network_.Cut();
  Run();
  EXPECT_EQ(sides_[0].lost.size(), 2) << "once";
}

TEST_F(DataPlaneTest, TheNextAttemptGetsANewLink) {
  {
    Part a = Open(0, 1);
    Part b = Open(1, 1);
    Run();
    network_.Cut();
    Run();
  }
  Part a = Open(0, 2);
  Part b = Open(1, 2);
  Offer(a, 5);
  Run();
  EXPECT_THAT(TakeAll(b), ElementsAre(5));
  EXPECT_EQ(sides_[0].lost.size(), 1);
}

// The side that is dialled may see the old link's end after it has opened the
// next attempt: that one lives on.
TEST_F(DataPlaneTest, AnAttemptThatHeardNothingWaitsForTheNextLink) {
  {
    Part a = Open(0, 1);
    Part b = Open(1, 1);
    Run();
  }
  Part b = Open(1, 2);
  sides_[1].plane->RunOnce();
  network_.Cut();
  Run();
  EXPECT_THAT(sides_[1].lost, IsEmpty());
  Part a = Open(0, 2);
  Offer(a, 5);
  Offer(b, 6);
  Run();
  EXPECT_THAT(TakeAll(b), ElementsAre(5));
  EXPECT_THAT(TakeAll(a), ElementsAre(6));
}

TEST_F(DataPlaneTest, FramesOfAnAttemptThatIsOverAreDroppedAndCounted) {
  Part a = Open(0, 1);
  std::optional<Part> b = Open(1, 1);
  Run();
  b.reset();
  const int64_t before = Counted(1, "stale_frames");
  Offer(a, 5);
  Run();
  EXPECT_EQ(Counted(1, "stale_frames"), before + 1);
  Part b2 = Open(1, 2);
  Run();
  EXPECT_THAT(TakeAll(b2), IsEmpty());
}

TEST_F(DataPlaneTest, AProcessThatCameBackIsAnother) {
  const std::vector<DataPlane::Process> before = processes_;
  Listen(1, /*life=*/2);
  const std::string address = processes_[1].data_address;
  // The first life's address is the second's now, but that one is not meant.
  processes_ = before;
  processes_[1].data_address = address;
  Part a = Open(0, 1);
  Run();
  EXPECT_EQ(sides_[0].lost.size(), 1);
  processes_[1].life = 2;
  Part a2 = Open(0, 2);
  Part b2 = Open(1, 2);
  Offer(a2, 1);
  Run();
  EXPECT_THAT(TakeAll(b2), ElementsAre(1));
}

TEST_F(DataPlaneTest, SaysWhomItCannotReach) {
  processes_[1].data_address = "nowhere";
  Part a = Open(0, 1);
  Run();
  EXPECT_THAT(sides_[0].lost, ElementsAre(HasSubstr("nobody listens")));
}

TEST_F(DataPlaneTest, EndsALinkOverWhichNonsenseArrives) {
  std::vector<std::string> closed;
  const auto dial = [&](std::string message) {
    auto link = network_.Dial(
        processes_[1].data_address, Network::Topic::kData,
        {.on_message = [](std::string) {},
         .on_closed =
             [&](absl::Status status) {
               closed.push_back(std::string(status.message()));
             }});
    link->Send(std::move(message));
    Run();
    return link;
  };
  FrameWriter frame("job", 1);
  frame.Add(kThere, CreditWanted{});
  const std::string early = frame.Take();
  for (const std::string& message :
       {std::string("nonsense"), early,
        EncodeHello({.from = {"z", 1}, .to = {"b", 1}}),
        EncodeHello({.from = {"a", 1}, .to = {"b", 9}})}) {
    const size_t before = closed.size();
    const auto link = dial(message);
    EXPECT_EQ(closed.size(), before + 1);
  }
  const auto good = dial(EncodeHello({.from = {"a", 1}, .to = {"b", 1}}));
  EXPECT_EQ(closed.size(), 4);
}

// Both planes and the network on threads of their own, and each end of the
// channels on another: what a lost wake-up would hang and a race would show.
TEST_F(DataPlaneTest, ThreadsPassEveryEventOnceInOrder) {
  constexpr int64_t kEvents = 3000;
  network_.StartThread();
  for (int i : {0, 1}) Listen(i, /*life=*/5, DataPlane::Threads::kOwn);
  Waker wakers[2];
  Part parts[2];
  for (int i : {0, 1}) parts[i] = Open(i, 1, &wakers[i]);
  const auto exchange = [&](int i) {
    int64_t sent = 0;
    int64_t next = 0;
    while (sent < kEvents || next < kEvents) {
      wakers[i].BeginTurn();
      bool moved = false;
      while (sent < kEvents) {
        StreamEvent event = WatermarkEvent{sent};
        if (!parts[i].out->Offer(event)) break;
        ++sent;
        moved = true;
      }
      for (const int64_t number : TakeAll(parts[i])) {
        ASSERT_EQ(number, next);
        ++next;
        moved = true;
      }
      if (!moved) wakers[i].Wait(INT64_MAX);
    }
  };
  {
    BackgroundPool other(1);
    Waker done;
    Mailbox<bool> ended([&] { done.Wake(); });
    other.Post([&] {
      exchange(1);
      ended.Post(true);
    });
    exchange(0);
    while (true) {
      done.BeginTurn();
      if (!ended.TakeAll().empty()) break;
      done.Wait(INT64_MAX);
    }
  }
  for (Part& part : parts) part.channels.reset();
  for (Side& side : sides_) side.plane.reset();
  network_.StopThread();
}

}  // namespace
}  // namespace millrace
