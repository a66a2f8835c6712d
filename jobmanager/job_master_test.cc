#include "jobmanager/job_master.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jobmanager/job_master_fixture_test.h"

namespace millrace {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class JobMasterTest : public JobMasterFixture {};

TEST_F(JobMasterTest, TakesCheckpointsAndSaysSo) {
  Start();
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("deploy 1", "give 2"));
  Take();
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("trigger 1", "complete 1"));
  Take();
  EXPECT_EQ(Latest(), CheckpointId(2));
  EXPECT_EQ(stats_.completed, 2);
  EXPECT_EQ(stats_.last_completed, CheckpointId(2));
  EXPECT_EQ(stats_.last_completed_at, absl::FromUnixSeconds(1020));
  EXPECT_EQ(Metric("numberOfCompletedCheckpoints"), 2);
  EXPECT_EQ(Metric("lastCompletedCheckpointId"), 2);
  EXPECT_EQ(Metric("lastCheckpointRestoreTimestamp"), -1);
  EXPECT_EQ(Metric("numberOfInProgressCheckpoints"), 0);
}

TEST_F(JobMasterTest, SaysWhatKindACheckpointWasAndWhereItLies) {
  Start();
  Take();
  EXPECT_EQ(stats_.latest.outcome, CheckpointReport::Outcome::kCompleted);
  EXPECT_EQ(stats_.latest.kind, CheckpointKind::kPeriodic);
  EXPECT_EQ(stats_.latest.path, absl::StrCat("/chk/", kMastersJob, "/chk-1"));
  EXPECT_EQ(stats_.latest.at, absl::FromUnixSeconds(1010));
  master_->Checkpoint(/*savepoint=*/true,
                      [](const absl::StatusOr<CheckpointId>&) {});
  Run();
  EXPECT_EQ(stats_.latest.outcome, CheckpointReport::Outcome::kBegun);
  EXPECT_EQ(stats_.latest.kind, CheckpointKind::kSavepoint);
  EXPECT_EQ(stats_.latest.path, absl::StrCat("/chk/", kMastersJob, "/chk-2"));
}

TEST_F(JobMasterTest, RestartsFromTheLatestWithItsEnumerators) {
  Start();
  Take();
  Take();
  deployer_.TakeNotes();
  deployer_.listeners[0].ended(kSink, absl::UnavailableError("away"));
  Run();
  EXPECT_EQ(master_->state(), JobState::kRestarting);
  EXPECT_EQ(failure_.message(), "away");
  RunFor(absl::Seconds(1));
  EXPECT_THAT(deployer_.TakeNotes(),
              ElementsAre("stop", "deploy 2 from 2", "give 0"));
  const std::vector<Manifest::Enumerator> assigned = {{"t", "1"}};
  EXPECT_EQ(deployer_.restored->enumerators, assigned);
  EXPECT_EQ(deployer_.restored->operators.size(), 2);
  EXPECT_THAT(states_, ElementsAre("RUNNING", "RESTARTING", "RUNNING"));
  EXPECT_EQ(Metric("numRestarts"), 1);
  EXPECT_EQ(Metric("lastCheckpointRestoreTimestamp"), 1021000);
}

TEST_F(JobMasterTest, AnEarlierAttemptsAcknowledgementsAreStale) {
  Start();
  deployer_.listeners[0].ended(kSink, absl::UnavailableError("away"));
  Run();
  RunFor(absl::Seconds(1));
  RunFor(absl::Seconds(10));
  deployer_.TakeNotes();
  deployer_.Acknowledge(deployer_.latest, 1);
  deployer_.listeners[0].drained(kSource);
  deployer_.listeners[0].ended(kSource, absl::InternalError("echo"));
  Run();
  EXPECT_THAT(deployer_.TakeNotes(), IsEmpty());
  deployer_.Acknowledge(deployer_.latest, 2);
  Run();
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("complete 1"));
}

TEST_F(JobMasterTest, FinishesByAFinalCheckpointAndForgetsThemAll) {
  Start();
  Take();
  deployer_.TakeNotes();
  deployer_.listeners[0].drained(kSource);
  deployer_.listeners[0].drained(kSink);
  Run();
  deployer_.Acknowledge(deployer_.latest);
  Run();
  EXPECT_THAT(deployer_.TakeNotes(),
              ElementsAre("trigger 2", "complete 2 final"));
  EXPECT_EQ(Latest(), CheckpointId(2));
  deployer_.listeners[0].ended(kSource, absl::OkStatus());
  deployer_.listeners[0].ended(kSink, absl::OkStatus());
  master_->RunOnce();
  EXPECT_EQ(master_->state(), JobState::kRunning) << "still to be forgotten";
  Run();
  EXPECT_EQ(master_->state(), JobState::kFinished);
  EXPECT_EQ(Latest(), std::nullopt);
  EXPECT_THAT(bucket_.Names(), IsEmpty());
}

TEST_F(JobMasterTest, IsNotFinishedBeforeItsFinalCheckpointIs) {
  Start();
  for (const SubtaskId& subtask : {kSource, kSink}) {
    deployer_.listeners[0].drained(subtask);
    deployer_.listeners[0].ended(subtask, absl::OkStatus());
  }
  Run();
  EXPECT_EQ(master_->state(), JobState::kRestarting);
  EXPECT_THAT(std::string(failure_.message()), HasSubstr("final checkpoint"));
}

TEST_F(JobMasterTest, WithoutAStoreTheFinalOneIsAcknowledgedAllTheSame) {
  Start(false);
  RunFor(absl::Minutes(1));
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("deploy 1", "give 2"));
  deployer_.listeners[0].drained(kSource);
  deployer_.listeners[0].drained(kSink);
  Run();
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("trigger 1"));
  deployer_.Acknowledge(CheckpointId(1));
  Run();
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("complete 1 final"));
  deployer_.listeners[0].ended(kSource, absl::OkStatus());
  deployer_.listeners[0].ended(kSink, absl::OkStatus());
  Run();
  EXPECT_EQ(master_->state(), JobState::kFinished);
}

TEST_F(JobMasterTest, AnotherProcessTakesTheJobOverAndThisOneStops) {
  Start();
  Take();
  FakeDeployer others;
  auto other = Open(&others);
  Run(*other);
  EXPECT_THAT(others.TakeNotes(), ElementsAre("deploy 2 from 1", "give 0"));
  RunFor(absl::Seconds(10));
  EXPECT_EQ(master_->state(), JobState::kFailed);
  EXPECT_THAT(std::string(failure_.message()), HasSubstr("JOB-0032"));
  EXPECT_THAT(deployer_.TakeNotes(), Contains("stop"));
  EXPECT_EQ(Latest(), CheckpointId(1));
  Run(*other);
  others.Acknowledge(others.latest);
  Run(*other);
  EXPECT_EQ(Latest(), others.latest);
}

TEST_F(JobMasterTest, AnUnreadableLatestCheckpointStopsTheJob) {
  Start();
  Take();
  Take();
  bucket_.FlipBit(ManifestName(kMastersJob, CheckpointId(2)), 100);
  deployer_.listeners[0].ended(kSink, absl::UnavailableError("away"));
  Run();
  RunFor(absl::Seconds(1));
  EXPECT_EQ(master_->state(), JobState::kFailed);
  EXPECT_TRUE(absl::IsDataLoss(failure_)) << failure_;
  EXPECT_EQ(Latest(), CheckpointId(2));
}

TEST_F(JobMasterTest, APersonsCheckpointAndSavepointAreAnswered) {
  Start();
  std::vector<std::string> answers;
  for (const bool savepoint : {false, true}) {
    master_->Checkpoint(savepoint, [&](absl::StatusOr<CheckpointId> id) {
      answers.push_back(id.ok() ? absl::StrCat(id->value())
                                : id.status().ToString());
    });
  }
  Run();
  deployer_.Acknowledge(deployer_.latest);
  Run();
  deployer_.Acknowledge(deployer_.latest);
  Run();
  EXPECT_THAT(answers, ElementsAre("1", "2"));
  EXPECT_EQ(Latest(), CheckpointId(1));
  EXPECT_EQ(bucket_.Names().size(), 2);
  master_->ReleaseSavepoint(CheckpointId(1));  // It is none.
  master_->ReleaseSavepoint(CheckpointId(2));
  Run();
  EXPECT_THAT(bucket_.Names(),
              ElementsAre(ManifestName(kMastersJob, CheckpointId(1))));
}

TEST_F(JobMasterTest, ANewProcessDeletesWhatAKilledOneLeftButNoSavepoint) {
  Start();
  master_->Checkpoint(true, [](absl::StatusOr<CheckpointId>) {});
  Run();
  deployer_.Acknowledge(deployer_.latest);
  Run();
  Take();
  RunFor(absl::Seconds(10));
  const std::string left =
      StateFileName(kMastersJob, 1, deployer_.latest, "c", 0, 0);
  ASSERT_TRUE(objects_.Put(left, "bytes").ok());
  FakeDeployer after;
  auto other = Open(&after);
  Run(*other);
  EXPECT_THAT(after.TakeNotes(), ElementsAre("deploy 2 from 2", "give 0"));
  EXPECT_THAT(bucket_.Names(),
              testing::UnorderedElementsAre(
                  ManifestName(kMastersJob, CheckpointId(1)),
                  ManifestName(kMastersJob, CheckpointId(2))));
}

TEST_F(JobMasterTest, ANewProcessGoesOnCountingWhatIsRetained) {
  Start();
  Take();
  Take();
  Take();
  FakeDeployer after;
  auto other = Open(&after);
  Run(*other);
  clock_.AdvanceBy(absl::Seconds(10));
  Run(*other);
  after.Acknowledge(after.latest);
  Run(*other);
  EXPECT_THAT(bucket_.Names(),
              testing::UnorderedElementsAre(
                  ManifestName(kMastersJob, CheckpointId(2)),
                  ManifestName(kMastersJob, CheckpointId(3)),
                  ManifestName(kMastersJob, CheckpointId(4))));
}

TEST_F(JobMasterTest, BeginsFromASavepointWhereItHasNoCheckpoint) {
  auto savepoint = std::make_shared<Manifest>();
  savepoint->job_id = kMastersJob;
  savepoint->checkpoint = CheckpointId(50);
  restore_ = savepoint;
  Start();
  EXPECT_THAT(deployer_.TakeNotes(), Contains("deploy 1 from 50"));
  Take();
  EXPECT_THAT(deployer_.TakeNotes(), ElementsAre("trigger 51", "complete 51"));
  deployer_.listeners[0].ended(kSink, absl::UnavailableError("away"));
  Run();
  RunFor(absl::Seconds(1));
  EXPECT_THAT(deployer_.TakeNotes(), Contains("deploy 2 from 51"));
}

TEST_F(JobMasterTest, IsCancelledAndKeepsItsCheckpoints) {
  Start();
  Take();
  master_->Cancel();
  Run();
  EXPECT_EQ(master_->state(), JobState::kCanceled);
  EXPECT_EQ(Latest(), CheckpointId(1));
}

TEST_F(JobMasterTest, ABarrierThatIsNotSentFailsItsCheckpoint) {
  for (const std::string when : {"before", "after"}) {
    deployer_ = FakeDeployer();
    Start();
    FailAt("jm.trigger." + when + "_rpc");
    RunFor(absl::Seconds(10));
    SetFailpointHandler(nullptr);
    EXPECT_THAT(deployer_.notes, Contains(testing::StartsWith("abort ")));
    EXPECT_EQ(master_->state(), JobState::kRestarting) << when;
    EXPECT_EQ(stats_.failed, 1) << when;
    background_.RunAll();
  }
}

TEST_F(JobMasterTest, AnAcknowledgementThatIsLostHoldsUpUntilTheTimeout) {
  Start();
  RunFor(absl::Seconds(10));
  FailAt("jm.ack.before_record");
  deployer_.Acknowledge(deployer_.latest);
  Run();
  SetFailpointHandler(nullptr);
  EXPECT_THAT(deployer_.notes, Not(Contains("complete 1")));
  RunFor(absl::Minutes(10));
  EXPECT_THAT(deployer_.notes, Contains("abort 1"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(stats_.last_failure));
}

TEST_F(JobMasterTest, TheEndIsSaidAgainWhereWordOfItWasLost) {
  Start();
  deployer_.listeners[0].drained(kSource);
  deployer_.listeners[0].drained(kSink);
  Run();
  FailAt("jm.complete.before_notify");
  deployer_.Acknowledge(deployer_.latest);
  Run();
  SetFailpointHandler(nullptr);
  EXPECT_EQ(Latest(), CheckpointId(1));
  EXPECT_THAT(deployer_.notes, Not(Contains("complete 1 final")));
  RunFor(absl::Seconds(5));
  EXPECT_THAT(deployer_.notes, Contains("complete 1 final"));
}

TEST_F(JobMasterTest, ComesAgainWhenSomethingIsDue) {
  Start();
  EXPECT_EQ(master_->RunOnce(), clock_.SteadyNanos() + 10'000'000'000);
  deployer_.listeners[0].ended(kSink, absl::UnavailableError("away"));
  Run();
  EXPECT_EQ(master_->RunOnce(), clock_.SteadyNanos() + 1'000'000'000);
}

}  // namespace
}  // namespace millrace
