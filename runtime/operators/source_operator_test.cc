#include "runtime/operators/source_operator.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::source_operator_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const LogicalType kTime = LogicalType::Timestamp(3);

// Gives what the test put in, then nothing.
class ScriptedReader final : public SplitReader {
 public:
  // `on_poll` is called at every Next and says when to come again.
  ScriptedReader(std::deque<Poll>* polls,
                 std::function<absl::Duration()> on_poll)
      : polls_(polls), on_poll_(std::move(on_poll)) {}
  absl::Status AddSplit(const Split&) override { return absl::OkStatus(); }
  absl::StatusOr<Poll> Next(uint32_t) override {
    const absl::Duration retry_after = on_poll_();
    if (polls_->empty()) return Poll{.retry_after = retry_after};
    Poll poll = std::move(polls_->front());
    polls_->pop_front();
    return poll;
  }
  std::optional<RejectedRecord> CheckEventTime(uint32_t row,
                                               int64_t latest_ms) override {
    if (row == 0) return std::nullopt;
    return RejectedRecord{{absl::StrCat("row ", row, " at ", latest_ms), ""},
                          absl::InvalidArgumentError("too far ahead")};
  }
  std::vector<Split> Snapshot() const override { return {}; }

 private:
  std::deque<Poll>* const polls_;
  const std::function<absl::Duration()> on_poll_;
};

class ListedRejections final : public RejectedSink {
 public:
  explicit ListedRejections(std::vector<std::string>* origins)
      : origins_(origins) {}
  absl::Status Write(const RejectedRecord& record, absl::Time) override {
    origins_->push_back(record.origin.text);
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  std::vector<std::string>* const origins_;
};

// A source of one column, the event time, whose watermark is the time itself
// less `delay`. Steps print as "10 20", "w20", "idle", "active", "end".
class SourceOperatorTest : public ::testing::Test {
 protected:
  void Open(WatermarkSpec spec, RejectionPolicy::Mode mode =
                                    RejectionPolicy::Mode::kQuarantine) {
    spec.watermark = Expr::Column(1, time_type_);
    SourceOperator::Parts parts;
    parts.reader = std::make_unique<ScriptedReader>(
        &polls_, [this] {
          clock_.AdvanceBy(poll_takes_);
          return retry_after_;
        });
    const Expr conditions[] = {spec.watermark};
    auto evaluator = GuardedEvaluator::Compile(
        conditions, {.labels = {"the watermark "}}, functions_, {});
    ASSERT_TRUE(evaluator.ok()) << evaluator.status();
    parts.conditions = *std::move(evaluator);
    parts.watermark = spec;
    parts.rejections = std::make_unique<RejectionPolicy>(
        "bids", mode, std::make_unique<ListedRejections>(&rejected_));
    metrics_ = std::make_shared<OperatorMetrics>(
        std::make_shared<MetricGroup>("test", MetricLabels()), &clock_);
    parts.metrics = metrics_;
    parts.request_splits = [this] { ++requests_; };
    parts.latency_interval = latency_interval_;
    context_.name = "Source: bids[0]";
    context_.clock = &clock_;
    source_ = std::make_unique<SourceOperator>(std::move(parts), context_);
  }

  void AddSplits(int count, bool no_more = false) {
    SplitCommand command{.no_more_splits = no_more};
    for (int i = 0; i < count; ++i) {
      command.splits.push_back({absl::StrCat(i), "0"});
    }
    source_->Take(std::move(command));
  }

  // Rows with these event times; their watermark lags by `delay`.
  void Rows(int split, const std::vector<int64_t>& times, int64_t delay = 0) {
    auto time = std::make_shared<Vector>(PhysicalType::kInt64, times.size());
    auto mark = std::make_shared<Vector>(PhysicalType::kInt64, times.size());
    for (size_t i = 0; i < times.size(); ++i) {
      time->data<int64_t>()[i] = times[i];
      mark->data<int64_t>()[i] = times[i] - delay;
    }
    const auto count = static_cast<uint32_t>(times.size());
    polls_.push_back({.state = Poll::State::kRows,
                      .batch = {.row_count = count, .columns = {time, mark}},
                      .split = split,
                      .records = count});
  }
  void EndSplit(int split) {
    polls_.push_back({.state = Poll::State::kEndOfSplit, .split = split});
  }

  // Steps until there is nothing to do, joined by " | ".
  std::string Steps() {
    std::string all;
    while (true) {
      auto step = source_->Next();
      if (!step.ok()) return std::string(step.status().message());
      if (step->kind == SourceOperator::Step::Kind::kNothing) return all;
      absl::StrAppend(&all, all.empty() ? "" : " | ", Text(*step));
    }
  }

  static std::string Text(const SourceOperator::Step& step) {
    using Kind = SourceOperator::Step::Kind;
    std::string text;
    switch (step.kind) {
      case Kind::kBatch:
        step.batch.selection().ForEach([&](uint32_t row) {
          absl::StrAppend(&text, text.empty() ? "" : " ",
                          step.batch.columns[0]->data<int64_t>()[row]);
        });
        return text;
      case Kind::kWatermark:
        return step.watermark_ms == kMaxWatermark
                   ? "wmax"
                   : absl::StrCat("w", step.watermark_ms);
      case Kind::kIdle: return "idle";
      case Kind::kActive: return "active";
      case Kind::kBarrier: return absl::StrCat("b", step.checkpoint.value());
      case Kind::kMarker:
        return absl::StrCat("m", step.read_micros - 1'000'000'000'000);
      case Kind::kEnd: return "end";
      case Kind::kNothing: break;
    }
    return "";
  }

  ManualClock clock_{absl::FromUnixSeconds(1'000'000)};
  FunctionRegistry functions_;
  OperatorContext context_;
  LogicalType time_type_ = kTime;
  std::deque<Poll> polls_;
  absl::Duration poll_takes_;
  absl::Duration latency_interval_ = absl::InfiniteDuration();
  absl::Duration retry_after_ = absl::Milliseconds(10);
  std::vector<std::string> rejected_;
  int requests_ = 0;
  std::shared_ptr<OperatorMetrics> metrics_;
  std::unique_ptr<SourceOperator> source_;
};

TEST_F(SourceOperatorTest, AsksForSplitsOnceAndEndsWhenThereAreNoMore) {
  Open({});
  EXPECT_EQ(Steps(), "");
  EXPECT_EQ(Steps(), "");
  EXPECT_EQ(requests_, 1);
  AddSplits(0, /*no_more=*/true);
  EXPECT_EQ(Steps(), "wmax | end");
  EXPECT_EQ(Steps(), "");
}

TEST_F(SourceOperatorTest, MarksRowsOfEachIntervalByWhenTheyWerePolled) {
  latency_interval_ = absl::Milliseconds(100);
  poll_takes_ = absl::Milliseconds(40);
  Open({});
  AddSplits(1);
  for (int64_t i = 1; i <= 4; ++i) Rows(0, {i});
  // Polls begin at 0, 40, 80 and 120 ms.
  EXPECT_EQ(Steps(), "1 | m0 | w1 | 2 | 3 | 4 | m120000");
  clock_.AdvanceBy(absl::Seconds(1));
  EXPECT_EQ(Steps(), "w4") << "without rows nothing is measured";
  Rows(0, {5});
  EXPECT_THAT(Steps(), HasSubstr("5 | m"));
}

TEST_F(SourceOperatorTest, GivesAWatermarkAtEveryInterval) {
  Open({.emit_interval_ms = 200});
  AddSplits(1);
  Rows(0, {10, 20});
  EXPECT_EQ(Steps(), "10 20 | w20");
  Rows(0, {30});
  EXPECT_EQ(Steps(), "30");
  clock_.AdvanceBy(absl::Milliseconds(200));
  EXPECT_EQ(Steps(), "w30") << "without another row";
  EXPECT_EQ(Steps(), "");
}

TEST_F(SourceOperatorTest, SaysHowOldTheLastRowIsThatItGivesOut) {
  Open({.emit_interval_ms = 0});
  AddSplits(1);
  const int64_t now_ms = absl::ToUnixMillis(clock_.Now());
  Rows(0, {now_ms - 700, now_ms - 300});
  Steps();
  for (const MetricGroup::Sample& sample : metrics_->group()->Read()) {
    if (sample.name == "test_currentEmitEventTimeLag") {
      EXPECT_EQ(sample.value, 300);
      return;
    }
  }
  FAIL() << "it is not served";
}

TEST_F(SourceOperatorTest, ComesBackInTimeForAWatermarkThatIsDue) {
  Open({.emit_interval_ms = 5});
  AddSplits(1);
  Rows(0, {10});
  Steps();
  Rows(0, {30});
  EXPECT_EQ(Steps(), "30");
  EXPECT_EQ(source_->NextPollNanos(), clock_.SteadyNanos() + 5'000'000);
}

TEST_F(SourceOperatorTest, AReaderMayWaitForAWakeUpAlone) {
  retry_after_ = absl::InfiniteDuration();
  Open({});
  AddSplits(1);
  EXPECT_EQ(Steps(), "");
  EXPECT_EQ(source_->NextPollNanos(), INT64_MAX);
}

TEST_F(SourceOperatorTest, ComesBackInTimeForASplitThatGoesIdle) {
  retry_after_ = absl::InfiniteDuration();
  Open({.idle_timeout_ms = 50, .emit_interval_ms = 0});
  AddSplits(1);
  EXPECT_EQ(Steps(), "");
  EXPECT_EQ(source_->NextPollNanos(), clock_.SteadyNanos() + 50'000'000);
  clock_.AdvanceBy(absl::Milliseconds(50));
  EXPECT_EQ(Steps(), "idle");
  EXPECT_EQ(source_->NextPollNanos(), INT64_MAX);
}

TEST_F(SourceOperatorTest, AsksTheReaderAboutRowsBeyondItsLimit) {
  time_type_ = LogicalType::TimestampLtz(3);
  Open({});
  AddSplits(1);
  Rows(0, {60, 70, 40, 80});
  polls_.back().event_time_limit_ms = 50;
  EXPECT_EQ(Steps(), "60 | w60 | 40") << "the reader lets row 0 pass";
  EXPECT_THAT(rejected_, ElementsAre("row 1 at 70", "row 3 at 80"));
}

TEST_F(SourceOperatorTest, GivesLocalTimesTheWidestOffsetOfAZone) {
  const int64_t widest = 14 * 3'600'000;
  Open({});
  AddSplits(1);
  Rows(0, {10, widest + 50, widest + 51});
  polls_.back().event_time_limit_ms = 50;
  Steps();
  EXPECT_THAT(rejected_, ElementsAre("row 2 at 51"));
}

TEST_F(SourceOperatorTest, CutsTheBatchBeforeARowThatIsLate) {
  Open({});
  AddSplits(1);
  Rows(0, {10, 20, 15, 30, 40});
  EXPECT_EQ(Steps(), "10 20 | w20 | 15 30 40 | w40");
}

TEST_F(SourceOperatorTest, LatenessDoesNotDependOnTheBatch) {
  // Rows 12 and 11 are behind 20 in every cut of the same input.
  Open({});
  AddSplits(1);
  Steps();
  Rows(0, {10, 20});
  Rows(0, {12});
  Rows(0, {11, 30});
  EXPECT_EQ(Steps(), "10 20 | w20 | 12 | 11 30");
}

TEST_F(SourceOperatorTest, DoesNotCutOutOfOrderRowsThatAreNotLate) {
  Open({});
  AddSplits(1);
  Rows(0, {10, 20, 15, 30}, /*delay=*/10);
  EXPECT_EQ(Steps(), "10 20 15 30 | w20");
}

TEST_F(SourceOperatorTest, AnUnreadSplitHoldsTheWatermark) {
  Open({});
  AddSplits(2, /*no_more=*/true);
  Rows(0, {10, 20, 15});
  EXPECT_EQ(Steps(), "10 20 15") << "nothing is late yet: split 1 is unread";
  EndSplit(0);
  Rows(1, {3, 4});
  EXPECT_EQ(Steps(), "3 4");
  EndSplit(1);
  EXPECT_EQ(Steps(), "w4 | wmax | end");
}

TEST_F(SourceOperatorTest, AHeldWatermarkDoesNotRiseAndNothingIsLate) {
  Open({.emit_interval_ms = 0});
  source_->Take(SplitCommand{.splits = {{"a", ""}}, .hold_watermark = true});
  Rows(0, {10, 20, 15});
  EndSplit(0);
  EXPECT_EQ(Steps(), "10 20 15");
  source_->Take(SplitCommand{.splits = {{"b", ""}}, .no_more_splits = true});
  Rows(1, {3, 4});
  EndSplit(1);
  EXPECT_EQ(Steps(), "3 4 | w4 | wmax | end");
}

TEST_F(SourceOperatorTest, TheSlowestSplitDecides) {
  Open({.emit_interval_ms = 0});
  AddSplits(2);
  Rows(0, {100});
  Rows(1, {7});
  Rows(1, {9});
  EXPECT_EQ(Steps(), "100 | 7 | w7 | 9 | w9");
}

TEST_F(SourceOperatorTest, IdleSplitsLeaveAndComeBack) {
  Open({.idle_timeout_ms = 50, .emit_interval_ms = 0});
  AddSplits(2);
  Rows(0, {100});
  EXPECT_EQ(Steps(), "100");
  clock_.AdvanceBy(absl::Milliseconds(40));
  Rows(0, {110});
  EXPECT_EQ(Steps(), "110");
  clock_.AdvanceBy(absl::Milliseconds(40));
  EXPECT_EQ(Steps(), "") << "the time spent reading does not count";
  clock_.AdvanceBy(absl::Milliseconds(40));
  EXPECT_EQ(Steps(), "w110 | idle") << "both splits";
  Rows(1, {105});
  EXPECT_EQ(Steps(), "active | 105");
}

TEST_F(SourceOperatorTest, IsIdleWithoutASplitToo) {
  Open({.idle_timeout_ms = 50, .emit_interval_ms = 0});
  EXPECT_EQ(Steps(), "");
  EXPECT_EQ(source_->NextPollNanos(), clock_.SteadyNanos() + 50'000'000);
  clock_.AdvanceBy(absl::Milliseconds(50));
  EXPECT_EQ(Steps(), "idle");
  EXPECT_EQ(source_->NextPollNanos(), INT64_MAX);
  AddSplits(1);
  Rows(0, {10});
  EXPECT_EQ(Steps(), "active | 10 | w10");
}

TEST_F(SourceOperatorTest, ComesBackFromReadingWhatNobodyWants) {
  Open({});
  AddSplits(1);
  for (int i = 0; i < 3; ++i) Rows(0, {});
  Rows(0, {10});
  poll_takes_ = absl::Microseconds(100);
  EXPECT_EQ(Steps(), "") << "a turn is over after two";
  EXPECT_EQ(polls_.size(), 2);
  EXPECT_EQ(source_->NextPollNanos(), clock_.SteadyNanos()) << "at once";
  EXPECT_EQ(Steps(), "10");
}

TEST_F(SourceOperatorTest, RejectedRecordsGoAside) {
  Open({});
  AddSplits(1);
  Rows(0, {1});
  polls_.back().records = 2;
  polls_.back().rejected.push_back(
      {{"bids.json, byte 7", "{"}, absl::InvalidArgumentError("bad")});
  EXPECT_EQ(Steps(), "1 | w1");
  EXPECT_THAT(rejected_, testing::ElementsAre("bids.json, byte 7"));
}

TEST_F(SourceOperatorTest, ModeFailEndsWithTheRecordsError) {
  Open({}, RejectionPolicy::Mode::kFail);
  AddSplits(1);
  polls_.push_back(
      {.state = Poll::State::kRows,
       .rejected = {{{"bids.json, byte 7", "{"},
                     absl::InvalidArgumentError("no closing brace")}},
       .records = 1});
  EXPECT_THAT(Steps(), HasSubstr("bids.json, byte 7: no closing brace"));
}

}  // namespace
}  // namespace millrace::source_operator_test
