#include "runtime/worker/worker.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::worker_test {
namespace {

using ::testing::ElementsAre;

// Gives what the test puts in.
class ScriptedInput final : public TaskletInput {
 public:
  struct Script {
    std::deque<StreamEvent> events;
    int64_t next_poll_nanos = INT64_MAX;
    absl::Status failure;
  };

  explicit ScriptedInput(Script* script) : script_(script) {}

  absl::StatusOr<std::optional<InputGate::Received>> Next() override {
    if (!script_->failure.ok()) return script_->failure;
    if (script_->events.empty()) return std::nullopt;
    InputGate::Received received{0, std::move(script_->events.front())};
    script_->events.pop_front();
    return received;
  }
  int64_t NextPollNanos() const override { return script_->next_poll_nanos; }
  absl::Status Snapshot(CheckpointId, SnapshotWriter&) override {
    return absl::OkStatus();
  }

 private:
  Script* const script_;
};

// Notes when its timer fires.
class TimerOperator final : public Operator {
 public:
  TimerOperator(int64_t timer_ms, std::vector<int64_t>* fired)
      : timer_ms_(timer_ms), fired_(fired) {}
  absl::StatusOr<Progress> Process(int, const Batch&, Output&) override {
    return Progress::kDone;
  }
  absl::StatusOr<Progress> Fire(int64_t now_ms, Output&) override {
    fired_->push_back(now_ms);
    timer_ms_ = INT64_MAX;
    return Progress::kDone;
  }
  int64_t NextTimer() const override { return timer_ms_; }

 private:
  int64_t timer_ms_;
  std::vector<int64_t>* const fired_;
};

class WorkerTest : public ::testing::Test {
 protected:
  void Add(ScriptedInput::Script* script, int64_t timer_ms = INT64_MAX) {
    std::vector<Chain::Stage> stages;
    stages.push_back({std::make_unique<TimerOperator>(timer_ms, &fired_)});
    worker_.Add({.tasklet = std::make_unique<Tasklet>(
                     std::make_unique<ScriptedInput>(script),
                     std::make_unique<Chain>(
                         std::move(stages),
                         std::vector<std::unique_ptr<ExchangeOutput>>()),
                     std::make_shared<TaskletMetrics>(
                         std::make_shared<MetricGroup>("t", MetricLabels()),
                         &clock_),
                     &clock_),
                 .on_end = [this](absl::Status status) {
                   ended_.push_back(status.ToString());
                 }});
  }

  // Rounds until the worker would sleep; until when.
  int64_t RunUntilAsleep() {
    while (true) {
      const int64_t next = worker_.RunOnce();
      if (next != 0) return next;
    }
  }

  int64_t Now() const { return clock_.SteadyNanos(); }

  ManualClock clock_{absl::FromUnixSeconds(100)};
  std::vector<int64_t> fired_;
  std::vector<std::string> ended_;
  Worker worker_{&clock_};
};

TEST_F(WorkerTest, SleepsForEverWithNothingToDo) {
  ScriptedInput::Script script;
  Add(&script);
  EXPECT_EQ(RunUntilAsleep(), INT64_MAX);
}

TEST_F(WorkerTest, SleepsUntilTheFirstDeadline) {
  ScriptedInput::Script first{.next_poll_nanos = Now() + 300};
  ScriptedInput::Script second{.next_poll_nanos = Now() + 200};
  Add(&first);
  Add(&second);
  EXPECT_EQ(RunUntilAsleep(), Now() + 200);
}

TEST_F(WorkerTest, FiresTimersOnTheWallClock) {
  ScriptedInput::Script script;
  Add(&script, /*timer_ms=*/100'007);
  EXPECT_EQ(RunUntilAsleep(), Now() + 7'000'000);
  EXPECT_THAT(fired_, ElementsAre());
  clock_.AdvanceBy(absl::Milliseconds(8));
  EXPECT_EQ(RunUntilAsleep(), INT64_MAX);
  EXPECT_THAT(fired_, ElementsAre(100'008));
}

TEST_F(WorkerTest, ReportsTheEndOnceAndForgetsTheTasklet) {
  ScriptedInput::Script script;
  script.events.push_back(Batch{.row_count = 1});
  script.events.push_back(EndOfInputEvent{});
  Add(&script);
  EXPECT_EQ(RunUntilAsleep(), INT64_MAX);
  EXPECT_THAT(ended_, ElementsAre("OK"));
  RunUntilAsleep();
  EXPECT_EQ(ended_.size(), 1);
}

TEST_F(WorkerTest, ReportsAFailureAndRunsTheOthersOn) {
  ScriptedInput::Script bad{.failure = absl::DataLossError("lost")};
  ScriptedInput::Script good;
  good.events.push_back(EndOfInputEvent{});
  Add(&bad);
  Add(&good);
  RunUntilAsleep();
  EXPECT_THAT(ended_, ElementsAre("DATA_LOSS: lost", "OK"));
}

TEST_F(WorkerTest, DropsAGroupWithoutAReport) {
  ScriptedInput::Script script;
  Add(&script);
  RunUntilAsleep();
  bool done = false;
  worker_.Drop(0, [&] { done = true; });
  RunUntilAsleep();
  EXPECT_TRUE(done);
  EXPECT_THAT(ended_, ElementsAre());
}

TEST_F(WorkerTest, TimeIsBusyIdleOrBackPressured) {
  auto group = std::make_shared<MetricGroup>("t", MetricLabels());
  TaskletMetrics metrics(group, &clock_);
  using Between = TaskletMetrics::Between;
  const auto pass = [&](int64_t nanos) {
    clock_.AdvanceBy(absl::Nanoseconds(nanos));
    return clock_.SteadyNanos();
  };
  metrics.BeginTurn(pass(5));
  metrics.EndTurn(pass(20), Between::kBackPressured);
  metrics.BeginTurn(pass(300));
  metrics.EndTurn(pass(1), Between::kIdle);
  pass(4000);
  EXPECT_EQ(metrics.SpentNanos(Between::kBusy), 21);
  EXPECT_EQ(metrics.SpentNanos(Between::kBackPressured), 300);
  EXPECT_EQ(metrics.SpentNanos(Between::kIdle), 4005) << "also before a turn";
  metrics.End(clock_.SteadyNanos());
  pass(1'000'000);
  EXPECT_EQ(metrics.SpentNanos(Between::kIdle), 4005) << "not after its end";
}

}  // namespace
}  // namespace millrace::worker_test
