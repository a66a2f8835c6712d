// SinkEpochs with a writer that commits in steps.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/sink_epochs.h"

namespace millrace::sink_epochs_steps_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Every barrier leaves one committable; they are committed when the test says.
class StepWriter final : public CommittingWriter {
 public:
  absl::StatusOr<Accepted> Write(const Batch&) override {
    return Accepted::kAll;
  }
  absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }
  absl::StatusOr<Sealed> Seal(CheckpointId checkpoint) override {
    Sealed sealed;
    sealed.committables = {{std::to_string(checkpoint.value())}};
    return sealed;
  }
  absl::Status Begin(std::vector<Committable> committables) override {
    EXPECT_TRUE(done) << "one at a time";
    begun.clear();
    for (Committable& one : committables) {
      begun.push_back(std::move(one.bytes));
    }
    done = at_once;
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Poll() override {
    RETURN_IF_ERROR(failure);
    return done;
  }
  bool HasNews() const override { return news; }

  std::vector<std::string> begun;  // Last.
  bool done = true;
  bool at_once = false;  // What is begun is done.
  bool news = false;
  absl::Status failure;
};

class SinkEpochsStepsTest : public ::testing::Test {
 protected:
  void SealTo(int64_t last) {
    for (int64_t id = 1; id <= last; ++id) {
      ASSERT_EQ(*epochs_.Seal(CheckpointId(id)), Progress::kDone);
    }
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  StepWriter writer_;
  SinkEpochs epochs_{{.writer = &writer_, .clock = &clock_}};
};

TEST_F(SinkEpochsStepsTest, CommitsWhatIsCompleteAndNoMore) {
  SealTo(3);
  EXPECT_THAT(writer_.begun, IsEmpty());
  ASSERT_TRUE(epochs_.Complete(CheckpointId(2)).ok());
  EXPECT_THAT(writer_.begun, ElementsAre("1", "2"));
  EXPECT_FALSE(*epochs_.Settle());
  writer_.done = true;
  EXPECT_TRUE(*epochs_.Settle());
  ASSERT_TRUE(epochs_.Complete(CheckpointId(3)).ok());
  EXPECT_THAT(writer_.begun, ElementsAre("3"));
}

TEST_F(SinkEpochsStepsTest, WhatBecameDueMeanwhileIsBegunByTheSameCall) {
  SealTo(2);
  ASSERT_TRUE(epochs_.Complete(CheckpointId(1)).ok());
  ASSERT_TRUE(epochs_.Complete(CheckpointId(2)).ok());
  EXPECT_THAT(writer_.begun, ElementsAre("1"));
  writer_.done = true;
  writer_.at_once = true;
  EXPECT_TRUE(*epochs_.Settle()) << "nobody would wake for the second";
  EXPECT_THAT(writer_.begun, ElementsAre("2"));
}

TEST_F(SinkEpochsStepsTest, IsCalledAgainAtOnceForNews) {
  EXPECT_EQ(epochs_.NextRetryNanos(), INT64_MAX);
  writer_.news = true;
  EXPECT_EQ(epochs_.NextRetryNanos(), 0);
}

TEST_F(SinkEpochsStepsTest, ItsErrorsEndTheAttempt) {
  writer_.failure = absl::UnavailableError("away");
  EXPECT_FALSE(epochs_.Settle().ok());
  EXPECT_FALSE(epochs_.Seal(CheckpointId(1)).ok());
}

TEST_F(SinkEpochsStepsTest, TakesCheckpoints) {
  EXPECT_TRUE(absl::IsFailedPrecondition(epochs_.CommitNow()));
}

}  // namespace
}  // namespace millrace::sink_epochs_steps_test
