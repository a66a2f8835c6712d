// How a job ends that was asked to, and who is told.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jobmanager/job_master_fixture_test.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class JobMasterEndTest : public JobMasterFixture {
 protected:
  // Nobody has copied the savepoint, no subtask has ended; another takes the
  // job up.
  void DieOnceItsStopCounts(bool drain) {
    Start();
    master_->Stop(drain, [](const absl::StatusOr<CheckpointId>&) {});
    Run();
    if (drain) {
      deployer_.listeners.back().drained(kSource);
      deployer_.listeners.back().drained(kSink);
      Run();
    }
    deployer_.Acknowledge(deployer_.latest, lived_ + 1);
    Run();
    EXPECT_EQ(Latest(), CheckpointId(1));
    deployer_.TakeNotes();
    Start();
  }
};

TEST_F(JobMasterEndTest, EndsWithASavepointWhenItIsStopped) {
  Start();
  std::vector<std::string> answers;
  const auto note = [&](const absl::StatusOr<CheckpointId>& answer) {
    answers.push_back(answer.ok() ? absl::StrCat(answer->value())
                                  : std::string(answer.status().message()));
  };
  deployer_.TakeNotes();
  master_->Stop(/*drain=*/false, note);
  Run();
  deployer_.Acknowledge(CheckpointId(1));
  Run();
  EXPECT_THAT(deployer_.TakeNotes(),
              ElementsAre("trigger last 1", "complete 1 final"));
  EXPECT_THAT(answers, ElementsAre("1"));
  deployer_.listeners[0].ended(kSource, absl::OkStatus());
  deployer_.listeners[0].ended(kSink, absl::OkStatus());
  Run();
  EXPECT_FALSE(IsTerminal(master_->state())) << "the savepoint is being copied";
  EXPECT_EQ(Latest(), CheckpointId(1));
  master_->ReleaseSavepoint(CheckpointId(1));
  Run();
  EXPECT_EQ(master_->state(), JobState::kFinished);
  EXPECT_EQ(Latest(), std::nullopt);
}

TEST_F(JobMasterEndTest, TheNextMasterEndsAJobThatWasDrained) {
  DieOnceItsStopCounts(/*drain=*/true);
  EXPECT_THAT(deployer_.TakeNotes(),
              AllOf(Contains("deploy 2 from 1"), Contains("complete 1 final")));
  deployer_.listeners.back().ended(kSource, absl::OkStatus());
  deployer_.listeners.back().ended(kSink, absl::OkStatus());
  Run();
  EXPECT_EQ(master_->state(), JobState::kFinished);
  EXPECT_EQ(Latest(), CheckpointId(1)) << "it may be all there is";
  // Begun again in another life it goes on.
  lived_ += 2;
  Start();
  EXPECT_THAT(deployer_.TakeNotes(),
              AllOf(Contains("deploy 3 from 1"),
                    Not(Contains("complete 1 final"))));
}

TEST_F(JobMasterEndTest, TheNextMasterGoesOnWithAJobThatWasStopped) {
  DieOnceItsStopCounts(/*drain=*/false);
  EXPECT_THAT(deployer_.TakeNotes(),
              AllOf(Contains("deploy 2 from 1"),
                    Not(Contains("complete 1 final"))));
}

TEST_F(JobMasterEndTest, DrainsItsSourcesOrSaysWhyNot) {
  Start();
  absl::StatusOr<CheckpointId> answer = absl::UnknownError("none yet");
  const auto take = [&](absl::StatusOr<CheckpointId> given) { answer = given; };
  deployer_.drains = false;
  master_->Stop(/*drain=*/true, take);
  Run();
  EXPECT_TRUE(absl::IsUnimplemented(answer.status()));
  deployer_.drains = true;
  master_->Stop(/*drain=*/true, take);
  Run();
  deployer_.listeners[0].drained(kSource);
  deployer_.listeners[0].drained(kSink);
  Run();
  deployer_.Acknowledge(CheckpointId(1));
  Run();
  EXPECT_EQ(*answer, CheckpointId(1));
}

TEST_F(JobMasterEndTest, AnswersAtItsEndWhoeverStillAsks) {
  Start();
  int answered = 0;
  const auto count = [&](const absl::StatusOr<CheckpointId>& answer) {
    EXPECT_TRUE(absl::IsFailedPrecondition(answer.status())) << answer.status();
    ++answered;
  };
  RunFor(absl::Seconds(10));  // One is under way.
  master_->Checkpoint(/*savepoint=*/true, count);
  master_->Stop(/*drain=*/false, count);
  Run();
  master_->Cancel();
  Run();
  EXPECT_EQ(master_->state(), JobState::kCanceled);
  EXPECT_EQ(answered, 2);
  master_->Checkpoint(/*savepoint=*/true, count);
  master_.reset();
  EXPECT_EQ(answered, 3);
}

}  // namespace
}  // namespace millrace
