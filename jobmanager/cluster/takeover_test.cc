// What another JobManager finds, and what a job begins with in a cluster.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "jobmanager/cluster/job_list.h"
#include "jobmanager/cluster/job_manager_harness_test.h"
#include "state/storage/checkpoint_store.h"

namespace millrace {
namespace {

using Then = JobGateway::SavepointRequest::Then;

constexpr char kOwnId[] = "0123456789abcdef0123456789abcdef";

class TakeoverTest : public JobManagerHarness {
 protected:
  bool HearsTheEnd(FakeTaskHost& task_manager) {
    return WaitUntil([&] {
      for (const auto& message : task_manager.TakeHeard()) {
        const auto* it = std::get_if<to_task_manager::Complete>(&message);
        if (it != nullptr && it->final) return true;
      }
      return false;
    });
  }
  std::optional<JobRecord> RecordOf(const std::string& id) {
    auto record = CheckpointStore(&plans_, &records_).Find(id);
    return record.ok() ? *std::move(record) : std::nullopt;
  }
  // The lists of all operators that an attempt goes on with.
  static std::vector<std::string> ListsOf(const std::string& manifest) {
    std::vector<std::string> names;
    const auto decoded = DecodeManifest(manifest);
    EXPECT_TRUE(decoded.ok()) << decoded.status();
    if (!decoded.ok()) return names;
    for (const OperatorSnapshot& snapshot : decoded->operators) {
      for (const ItemList& list : snapshot.lists) names.push_back(list.name);
    }
    return names;
  }
  // A savepoint of a job that has output in it which is not committed.
  std::string ASavepoint() {
    FakeTaskHost& origin =
        Come("origin", 1, {.remembers = {{.name = "files.pending"}}});
    const auto id = Submit(Plan(1));
    EXPECT_TRUE(WaitFor(*id, JobState::kRunning));
    const auto path = Savepoint({.job_id = *id, .target = "/sp"});
    EXPECT_TRUE(path.ok()) << path.status();
    EXPECT_TRUE(Cancel(*id).ok());
    EXPECT_TRUE(WaitFor(*id, JobState::kCanceled));
    origin.Go();
    EXPECT_TRUE(WaitUntil([this] { return View().SlotsTotal() == 0; }));
    return path.value_or("");
  }
  absl::StatusOr<std::string> Read(const std::string& file) {
    Disk& disk = disk_;
    return disk.Read(file);
  }
  bool IsThere(const std::string& savepoint) {
    return Read(savepoint + "/manifest").ok();
  }
};

// Its savepoint holds no keyed state: to go on from it would begin anew in the
// middle of the input.
TEST_F(TakeoverTest, AJobThatWasDrainedEndsWhoeverLeads) {
  Lead();
  FakeTaskHost& a = Come("a", 1, {.ends = false});
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  dispatcher_->Savepoint({.job_id = *id, .target = "/sp", .then = Then::kDrain},
                         [](const absl::StatusOr<std::string>&) {});
  ASSERT_TRUE(HearsTheEnd(a));
  Lead();
  Come("a");
  EXPECT_TRUE(WaitFor(*id, JobState::kFinished));
  // Whether the savepoint was written is not known to this one.
  ASSERT_TRUE(RecordOf(*id).has_value());
  EXPECT_FALSE(RecordOf(*id)->retained.empty());
}

TEST_F(TakeoverTest, AJobSubmittedAgainIsNotTakenForFinished) {
  Lead();
  FakeTaskHost& a = Come("a");
  JobPlan plan = Plan(1);
  plan.config["restart-strategy.fixed-delay.attempts"] = "100000";
  ASSERT_TRUE(Begin({.plan = plan, .job_id = kOwnId}).ok());
  const auto deploy = Deployed(a);
  ASSERT_TRUE(deploy.has_value());
  a.SayDrained(*deploy);
  ASSERT_TRUE(WaitFor(kOwnId, JobState::kFinished));
  ASSERT_TRUE(WaitUntil([this] { return View().SlotsFree() == 1; }));
  ASSERT_TRUE(RecordOf(kOwnId)->finished);
  // The JobManager dies before an attempt of it has begun.
  gated_records_.Refuse("job/");
  const auto again = Begin({.plan = plan, .job_id = kOwnId});
  ASSERT_TRUE(again.ok()) << again.status();
  Lead();
  gated_records_.Refuse("");
  Come("b");
  EXPECT_TRUE(WaitFor(kOwnId, JobState::kRunning));
}

TEST_F(TakeoverTest, ACancelThatWasAnsweredHoldsWhoeverLeads) {
  Lead();
  Come("a", 1, {.stops = false});
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  gated_records_.Refuse("jobs");
  EXPECT_TRUE(absl::IsUnavailable(Cancel(*id).status()));
  gated_records_.Refuse("");
  ASSERT_TRUE(Cancel(*id).ok());
  Lead();
  Come("b");
  EXPECT_TRUE(WaitFor(*id, JobState::kCanceled));
}

// Its store is away for a moment when the next leader takes the job up.
TEST_F(TakeoverTest, AJobThatIsBeingTakenUpCanBeCancelled) {
  Lead();
  Come("a", 1, {.stops = false});
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  disk_.set_faults({.io_error = 1});
  Lead();
  const auto was = Cancel(*id);
  EXPECT_TRUE(was.ok()) << was.status();
  disk_.set_faults({});
  EXPECT_TRUE(WaitFor(*id, JobState::kCanceled));
}

TEST_F(TakeoverTest, WhatIsInDoubtIsAnsweredWhenItIsKnown) {
  Lead();
  Come("a");
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  gated_records_.Doubt("jobs");
  Mailbox<bool> answers([this] { owner_.Wake(); });
  dispatcher_->Cancel(*id, [&](const absl::StatusOr<JobState>& was) {
    answers.Post(was.ok());
  });
  size_t doubts = 0;
  ASSERT_TRUE(WaitUntil(
      [&] { return (doubts += gated_records_.TakeDoubts()) > 10; }));
  EXPECT_TRUE(answers.TakeAll().empty());
  gated_records_.Doubt("");
  std::vector<bool> answered;
  EXPECT_TRUE(
      WaitUntil([&] { return !(answered = answers.TakeAll()).empty(); }));
  EXPECT_EQ(answered, std::vector<bool>{true});
  EXPECT_TRUE(WaitFor(*id, JobState::kCanceled));
}

// Else it would renew its lead, and nobody would lead.
TEST_F(TakeoverTest, WhoHasLostTheJobsToALaterTermLeadsOnlyInANewOne) {
  Lead();
  const auto record = records_.Read("jobs");
  JobList list = *DecodeJobList((*record)->value);
  list.term = 2;
  ASSERT_TRUE(
      records_
          .CompareAndSwap("jobs", (*record)->version, EncodeJobList(list))
          .ok());
  EXPECT_TRUE(absl::IsUnavailable(Submit(Plan(1)).status()));
  EXPECT_TRUE(
      WaitUntil([this] { return View().leads && View().term == 2; }));
  EXPECT_TRUE(Submit(Plan(1)).ok());
}

TEST_F(TakeoverTest, NoJobIsGivenUpForAPlanThatCannotBeReadForAWhile) {
  Lead();
  Come("a");
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  gated_plans_.Refuse(true);
  Campaign("jm");
  ASSERT_TRUE(WaitUntil([this] { return gated_plans_.WasRefused(); }));
  gated_plans_.Refuse(false);
  ASSERT_TRUE(WaitUntil([this] { return View().leads; }));
  Come("b");
  EXPECT_TRUE(WaitFor(*id, JobState::kRunning));
}

TEST_F(TakeoverTest, AManifestTooLargeToBeSentIsNamed) {
  Lead();
  FakeTaskHost& a =
      Come("a", 1,
           {.remembers = {
                {.name = "much", .items = {std::string(2 << 20, 'x')}}}});
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  FakeTaskHost& b = Come("b");
  a.Go();
  const auto deploy = Deployed(b);
  ASSERT_TRUE(deploy.has_value());
  EXPECT_EQ(deploy->restore, "");
  const auto manifest = Read("/chk/" + deploy->restore_object);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(ListsOf(*manifest), (std::vector<std::string>{"much", "much"}));
}

TEST_F(TakeoverTest, AForkLeavesTheSavepointAndItsOutputAsTheyAre) {
  Lead();
  const std::string savepoint = ASavepoint();
  FakeTaskHost& a = Come("a");
  const auto id = Begin({.plan = Plan(1), .savepoint = savepoint});
  ASSERT_TRUE(id.ok()) << id.status();
  const auto deploy = Deployed(a);
  ASSERT_TRUE(deploy.has_value());
  EXPECT_EQ(ListsOf(deploy->restore), std::vector<std::string>());
  EXPECT_TRUE(CompletesACheckpoint(*id));
  EXPECT_TRUE(IsThere(savepoint));
}

TEST_F(TakeoverTest, AClaimTakesTheSavepointAndItsOutput) {
  Lead();
  const std::string savepoint = ASavepoint();
  FakeTaskHost& a = Come("a");
  const auto id = Begin({.plan = Plan(1),
                         .savepoint = savepoint,
                         .claim_savepoint = true});
  ASSERT_TRUE(id.ok()) << id.status();
  const auto deploy = Deployed(a);
  ASSERT_TRUE(deploy.has_value());
  EXPECT_EQ(ListsOf(deploy->restore),
            (std::vector<std::string>{"files.pending", "files.pending"}));
  // It has a checkpoint of its own then.
  EXPECT_TRUE(WaitUntil([&] { return !IsThere(savepoint); }));
  EXPECT_FALSE(RecordOf(*id)->retained.empty());
}

// Its leader died between the job's first checkpoint and the removal. What
// somebody has put there since is not what was claimed.
TEST_F(TakeoverTest, TheNextLeaderFinishesAClaim) {
  Lead();
  const std::string savepoint = ASavepoint();
  const std::string bytes = *Read(savepoint + "/manifest");
  Manifest later = *DecodeManifest(bytes);
  later.checkpoint = later.checkpoint.Next();
  FakeTaskHost* host = &Come("a");
  const auto id = Begin({.plan = Plan(1),
                         .savepoint = savepoint,
                         .claim_savepoint = true});
  ASSERT_TRUE(id.ok()) << id.status();
  ASSERT_TRUE(WaitUntil([&] { return !IsThere(savepoint); }));
  for (const bool is_left : {true, false}) {
    ASSERT_TRUE(disk_.MakeDirectory(savepoint).ok());
    ASSERT_TRUE(WriteDurably(disk_, savepoint + "/manifest",
                             is_left ? bytes : EncodeManifest(later))
                    .ok());
    host->Go();
    Lead();
    host = &Come(is_left ? "b" : "c");
    ASSERT_TRUE(WaitUntil([&] {
      const JobView* const job = Job(*id);
      return job != nullptr && job->checkpoints.completed > 2;
    }));
    EXPECT_EQ(IsThere(savepoint), !is_left);
  }
}

TEST_F(TakeoverTest, NothingOfABeginningStays) {
  Lead();
  FakeTaskHost& origin =
      Come("origin", 1,
           {.remembers = {
                {.name = "much", .items = {std::string(2 << 20, 'x')}}}});
  const auto before = Submit(Plan(1));
  ASSERT_TRUE(WaitFor(*before, JobState::kRunning));
  const auto savepoint = Savepoint({.job_id = *before, .target = "/sp"});
  ASSERT_TRUE(savepoint.ok()) << savepoint.status();
  ASSERT_TRUE(Cancel(*before).ok());
  ASSERT_TRUE(WaitFor(*before, JobState::kCanceled));
  origin.Go();
  FakeTaskHost& a = Come("a");
  const auto id = Begin({.plan = Plan(1), .savepoint = *savepoint + "/"});
  ASSERT_TRUE(id.ok()) << id.status();
  const auto deploy = Deployed(a);
  ASSERT_TRUE(deploy.has_value());
  EXPECT_EQ(deploy->restore_object, *id + "/shared/savepoint-manifest");
  const std::string placed = "/chk/" + deploy->restore_object;
  EXPECT_TRUE(
      WaitUntil([&] { return absl::IsNotFound(Read(placed).status()); }));
}

TEST_F(TakeoverTest, AStopWhoseCopyFailsKeepsTheCheckpoints) {
  Lead();
  FakeTaskHost& a = Come("a");
  ASSERT_TRUE(Begin({.plan = Plan(1), .job_id = kOwnId}).ok());
  ASSERT_TRUE(CompletesACheckpoint(kOwnId));
  ASSERT_TRUE(WriteDurably(disk_, "/file", "no folder").ok());
  const auto path = Savepoint(
      {.job_id = kOwnId, .target = "/file", .then = Then::kStop});
  EXPECT_FALSE(path.ok()) << *path;
  ASSERT_TRUE(WaitFor(kOwnId, JobState::kFinished));
  const auto record = RecordOf(kOwnId);
  ASSERT_FALSE(record->retained.empty());
  // It can be gone on from, and is not ended once more.
  a.TakeHeard();
  ASSERT_TRUE(WaitUntil([this] { return View().SlotsFree() == 1; }));
  ASSERT_TRUE(Begin({.plan = Plan(1), .job_id = kOwnId}).ok());
  const auto deploy = Deployed(a);
  ASSERT_TRUE(deploy.has_value());
  EXPECT_EQ(DecodeManifest(deploy->restore)->checkpoint,
            record->retained.back().checkpoint);
  EXPECT_TRUE(CompletesACheckpoint(kOwnId));
}

}  // namespace
}  // namespace millrace
