#include "runtime/operators/sink_operator.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Writes down what it is told, refusing as often as it was asked to.
class ScriptedWriter final : public Writer {
 public:
  struct Script {
    int refuse = 0;
    absl::Duration flush_interval = absl::InfiniteDuration();
    bool keeps_open = false;
    bool finishes = true;  // At once, else the next time.
    std::vector<std::string> log;
  };

  explicit ScriptedWriter(Script* script) : script_(script) {}

  absl::StatusOr<Accepted> Write(const Batch& batch) override {
    std::string line = "write " + std::to_string(batch.selected_count());
    if (batch.kinds != nullptr) {
      batch.selection().ForEach([&](uint32_t row) {
        line += " " + std::string(ToString(batch.kind(row)));
      });
    }
    return Log(std::move(line));
  }
  absl::Status Advance(int64_t watermark_ms) override {
    return Log("advance " + std::to_string(watermark_ms)).status();
  }
  absl::StatusOr<Accepted> Flush() override { return Log("flush"); }
  absl::Duration FlushInterval() const override {
    return script_->flush_interval;
  }
  bool KeepsOpen() const override { return script_->keeps_open; }
  absl::StatusOr<std::optional<std::string>> Finish() override {
    if (!std::exchange(script_->finishes, true)) return std::nullopt;
    return "the end";
  }

 private:
  absl::StatusOr<Accepted> Log(std::string line) {
    if (script_->refuse > 0) {
      --script_->refuse;
      return Accepted::kFull;
    }
    script_->log.push_back(std::move(line));
    return Accepted::kAll;
  }

  Script* const script_;
};

// Has something to do when a test says so.
class TurnTaker final : public PacedWriter {
 public:
  struct Script {
    int64_t next_turn_nanos = INT64_MAX;
    int turns = 0;
  };

  explicit TurnTaker(Script* script) : script_(script) {}
  absl::StatusOr<Accepted> Write(const Batch&) override {
    return Accepted::kAll;
  }
  absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }
  int64_t NextTurnNanos() const override { return script_->next_turn_nanos; }
  absl::Status TakeTurn() override {
    ++script_->turns;
    script_->next_turn_nanos = INT64_MAX;
    return absl::OkStatus();
  }

 private:
  Script* const script_;
};

class InlineExecutor final : public Executor {
  void Post(std::function<void()> work) override { work(); }
};

class NoOutput final : public Output {
  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch) override { return absl::InternalError("no"); }
};

class SinkOperatorTest : public ::testing::Test {
 protected:
  std::unique_ptr<SinkOperator> Open(bool drop_null_violations = false,
                                     bool update_before_deletes = false,
                                     std::unique_ptr<Writer> writer = nullptr) {
    if (writer == nullptr) writer = std::make_unique<ScriptedWriter>(&script_);
    const SinkSpec spec = {
        .table = {.name = "out",
                  .columns = {{.name = "virtual",
                               .type = LogicalType::Integer().NotNull(),
                               .is_virtual = true},
                              {.name = "a", .type = LogicalType::Integer()},
                              {.name = "b",
                               .type = LogicalType::Integer().NotNull()}}},
        .update_before_deletes = update_before_deletes,
        .drop_null_violations = drop_null_violations};
    return std::make_unique<SinkOperator>(
        spec,
        SinkOperator::Parts{
            .writer = std::move(writer),
            .background = executor_.get(),
            .on_finish =
                [this](std::string line) {
                  lines_.push_back(std::move(line));
                }},
        OperatorContext{.clock = &clock_});
  }

  // Three rows of (a, b); `null_column` is NULL in row 1.
  static Batch Rows(int null_column = -1) {
    Batch batch = {.row_count = 3};
    for (int i = 0; i < 2; ++i) {
      auto column = std::make_shared<Vector>(PhysicalType::kInt32, 3);
      if (i == null_column) column->SetNull(1);
      batch.columns.push_back(std::move(column));
    }
    return batch;
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  ScriptedWriter::Script script_;
  std::unique_ptr<InlineExecutor> executor_;
  std::vector<std::string> lines_;
  NoOutput output_;
};

TEST_F(SinkOperatorTest, APacedWriterHasItsTurnWhenItWantsOne) {
  TurnTaker::Script script;
  auto sink = Open(false, false, std::make_unique<TurnTaker>(&script));
  EXPECT_EQ(sink->NextTimer(), INT64_MAX);
  script.next_turn_nanos = clock_.SteadyNanos() + 20'000'000;
  EXPECT_EQ(sink->NextTimer(), absl::ToUnixMillis(clock_.Now()) + 20);
  clock_.AdvanceBy(absl::Milliseconds(20));
  EXPECT_EQ(*sink->Fire(sink->NextTimer(), output_), Progress::kDone);
  EXPECT_EQ(script.turns, 1);
  EXPECT_EQ(sink->NextTimer(), INT64_MAX);
}

TEST_F(SinkOperatorTest, OffersARefusedBatchAgain) {
  const auto sink = Open();
  script_.refuse = 1;
  EXPECT_EQ(*sink->Process(0, Rows(), output_), Progress::kOutputFull);
  EXPECT_EQ(*sink->Process(0, Rows(), output_), Progress::kDone);
  EXPECT_THAT(script_.log, ElementsAre("write 3"));
}

TEST_F(SinkOperatorTest, RefusesNullInANotNullColumn) {
  const auto sink = Open();
  EXPECT_TRUE(sink->Process(0, Rows(/*null_column=*/0), output_).ok());
  const auto refused = sink->Process(0, Rows(/*null_column=*/1), output_);
  EXPECT_EQ(ErrorCode(refused.status()), "SNK-0001");
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("Column 'b' is NOT NULL, however, a null value"));
}

TEST_F(SinkOperatorTest, DropsNullViolationsWhereAsked) {
  const auto sink = Open(/*drop_null_violations=*/true);
  EXPECT_TRUE(sink->Process(0, Rows(/*null_column=*/1), output_).ok());
  EXPECT_THAT(script_.log, ElementsAre("write 2"));
}

TEST_F(SinkOperatorTest, IgnoresNullsInRowsThatAreNotSelected) {
  const auto sink = Open();
  Batch batch = Rows(/*null_column=*/1);
  batch.selected = std::make_shared<std::vector<uint32_t>>(
      std::vector<uint32_t>{0, 2});
  EXPECT_TRUE(sink->Process(0, batch, output_).ok());
}

TEST_F(SinkOperatorTest, HandsOldRowsOnAsDeletesWhereAsked) {
  Batch batch = Rows();
  auto kinds = std::make_shared<Vector>(PhysicalType::kInt8, 3);
  kinds->data<int8_t>()[0] = static_cast<int8_t>(RowKind::kUpdateBefore);
  kinds->data<int8_t>()[1] = static_cast<int8_t>(RowKind::kUpdateAfter);
  kinds->data<int8_t>()[2] = static_cast<int8_t>(RowKind::kDelete);
  batch.kinds = std::move(kinds);
  ASSERT_TRUE(Open()->Process(0, batch, output_).ok());
  const auto by_key = Open(/*drop_null_violations=*/false,
                           /*update_before_deletes=*/true);
  ASSERT_TRUE(by_key->Process(0, batch, output_).ok());
  EXPECT_THAT(script_.log,
              ElementsAre("write 3 -U +U -D", "write 3 -D +U -D"));
}

TEST_F(SinkOperatorTest, FlushesWhatHasGrownOld) {
  script_.flush_interval = absl::Milliseconds(5);
  const auto sink = Open();
  EXPECT_EQ(sink->NextTimer(), INT64_MAX);
  ASSERT_TRUE(sink->Process(0, Rows(), output_).ok());
  EXPECT_EQ(sink->NextTimer(), 1'000'005);
  clock_.AdvanceBy(absl::Milliseconds(5));
  script_.refuse = 1;
  EXPECT_EQ(*sink->Fire(1'000'005, output_), Progress::kOutputFull);
  EXPECT_EQ(*sink->Fire(1'000'005, output_), Progress::kDone);
  EXPECT_EQ(sink->NextTimer(), INT64_MAX);
  EXPECT_THAT(script_.log, ElementsAre("write 3", "flush"));
}

TEST_F(SinkOperatorTest, LooksAgainAtWhatStaysOpen) {
  script_.flush_interval = absl::Milliseconds(5);
  script_.keeps_open = true;
  const auto sink = Open();
  ASSERT_TRUE(sink->Process(0, Rows(), output_).ok());
  clock_.AdvanceBy(absl::Milliseconds(5));
  EXPECT_EQ(*sink->Fire(1'000'005, output_), Progress::kDone);
  EXPECT_EQ(sink->NextTimer(), 1'000'010);
}

TEST_F(SinkOperatorTest, FinishesWhenTheLastCheckpointIsCommitted) {
  executor_ = std::make_unique<InlineExecutor>();
  const auto sink = Open();
  EXPECT_EQ(*sink->EndInput(output_), Progress::kDone);
  EXPECT_EQ(*sink->BeforeSnapshot(CheckpointId(1), output_), Progress::kDone);
  ASSERT_TRUE(sink->OnCheckpointComplete(CheckpointId(1), false).ok());
  EXPECT_TRUE(*sink->IsSettled());
  EXPECT_THAT(lines_, ElementsAre());
  ASSERT_TRUE(sink->OnCheckpointComplete(CheckpointId(2), true).ok());
  EXPECT_TRUE(*sink->IsSettled());
  EXPECT_TRUE(*sink->IsSettled());
  EXPECT_THAT(lines_, ElementsAre("the end"));
}

TEST_F(SinkOperatorTest, IsNotSettledBeforeItsWriterHasFinished) {
  executor_ = std::make_unique<InlineExecutor>();
  const auto sink = Open();
  script_.finishes = false;
  ASSERT_TRUE(sink->OnCheckpointComplete(CheckpointId(1), true).ok());
  EXPECT_FALSE(*sink->IsSettled());
  EXPECT_THAT(lines_, ElementsAre());
  EXPECT_TRUE(*sink->IsSettled());
  EXPECT_THAT(lines_, ElementsAre("the end"));
}

TEST_F(SinkOperatorTest, DoesNotEndBeforeItsWriterHasFinished) {
  const auto sink = Open();
  script_.finishes = false;
  EXPECT_EQ(*sink->EndInput(output_), Progress::kOutputFull);
  EXPECT_EQ(*sink->EndInput(output_), Progress::kDone);
  EXPECT_THAT(lines_, ElementsAre("the end"));
}

TEST_F(SinkOperatorTest, FlushesAndFinishesAtTheEnd) {
  const auto sink = Open();
  ASSERT_TRUE(sink->Advance(7, output_).ok());
  script_.refuse = 1;
  EXPECT_EQ(*sink->EndInput(output_), Progress::kOutputFull);
  EXPECT_THAT(lines_, ElementsAre());
  EXPECT_EQ(*sink->EndInput(output_), Progress::kDone);
  EXPECT_THAT(script_.log, ElementsAre("advance 7", "flush"));
  EXPECT_THAT(lines_, ElementsAre("the end"));
}

}  // namespace
}  // namespace millrace
