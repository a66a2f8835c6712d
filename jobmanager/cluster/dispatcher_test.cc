#include "jobmanager/cluster/dispatcher.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "jobmanager/cluster/job_manager_harness_test.h"
#include "state/storage/checkpoint_store.h"

namespace millrace {
namespace {

namespace tm = to_task_manager;

class DispatcherTest : public JobManagerHarness {};

TEST_F(DispatcherTest, AJobRunsOnTheTaskManagersThatAreThere) {
  Lead();
  FakeTaskHost& a = Come("a");
  FakeTaskHost& b = Come("b");
  const auto id = Submit(Plan(2));
  ASSERT_TRUE(id.ok()) << id.status();
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  EXPECT_EQ(View().SlotsTotal(), 2);
  EXPECT_EQ(View().SlotsFree(), 0);
  EXPECT_EQ(Job(*id)->subtasks.size(), 4u);
  ASSERT_TRUE(CompletesACheckpoint(*id));
  const auto on_a = Deployed(a);
  const auto on_b = Deployed(b);
  ASSERT_TRUE(on_a && on_b);
  EXPECT_EQ(on_a->process_of_slot, (std::vector<int32_t>{0, 1}));
  EXPECT_NE(on_a->self, on_b->self);
  a.SayDrained(*on_a);
  b.SayDrained(*on_b);
  ASSERT_TRUE(WaitFor(*id, JobState::kFinished));
  ASSERT_TRUE(WaitUntil([this] { return View().SlotsFree() == 2; }));
  EXPECT_TRUE(absl::IsFailedPrecondition(Cancel(*id).status()));
}

TEST_F(DispatcherTest, AJobThatDoesNotFitWaitsAndSaysForWhat) {
  Lead();
  Come("a");
  const auto id = Submit(Plan(2));
  ASSERT_TRUE(WaitUntil([&] { return !Job(*id)->waits_for.empty(); }));
  EXPECT_TRUE(absl::StrContains(Job(*id)->waits_for, "needs 2 slots, 1 is"));
  EXPECT_EQ(Job(*id)->state, JobState::kCreated);
  Come("b");
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  EXPECT_EQ(Job(*id)->waits_for, "");
}

TEST_F(DispatcherTest, AJobThatWaitsCanBeCancelled) {
  Lead();
  const auto id = Submit(Plan(2));
  ASSERT_TRUE(WaitUntil([&] { return !Job(*id)->waits_for.empty(); }));
  EXPECT_EQ(*Cancel(*id), JobState::kCreated);
  ASSERT_TRUE(WaitFor(*id, JobState::kCanceled));
  EXPECT_TRUE(absl::IsNotFound(Cancel("nobody").status()));
}

TEST_F(DispatcherTest, ALostTaskManagersWorkGoesOnOnAnother) {
  Lead();
  FakeTaskHost& a = Come("a");
  Come("b");
  const auto id = Submit(Plan(2));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  FakeTaskHost& spare = Come("c");
  a.Go();
  const auto again = Deployed(spare);
  ASSERT_TRUE(again.has_value());
  EXPECT_GT(again->attempt.attempt, 1);
  EXPECT_FALSE(again->restore.empty());
  ASSERT_TRUE(WaitUntil([&] { return !Job(*id)->failures.empty(); }));
  const FailureView& failure = Job(*id)->failures[0];
  EXPECT_EQ(failure.task_manager, "a");
  EXPECT_TRUE(absl::StrContains(failure.status.message(),
                                "TaskManager 'a' was lost"))
      << failure.status;
  EXPECT_TRUE(WaitUntil([&] { return Job(*id)->restarts == 1; }));
}

TEST_F(DispatcherTest, TheNextJobManagerGoesOnWithItsJobs) {
  Lead();
  FakeTaskHost& first = Come("a");
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  const auto before = Deployed(first);
  Lead();
  EXPECT_EQ(View().term, 2);
  FakeTaskHost& a = Come("a");
  const auto after = Deployed(a);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->attempt.job_id, *id);
  EXPECT_GT(after->attempt.attempt, before->attempt.attempt);
  EXPECT_FALSE(after->restore.empty());
  ASSERT_TRUE(WaitFor(*id, JobState::kRunning));
  // What a TaskManager still runs of the attempt before is to stop.
  a.Say(to_job_manager::Heartbeat{.attempts = {{before->attempt, {}}}});
  EXPECT_TRUE(WaitUntil([&] {
    for (const tm::Message& message : a.TakeHeard()) {
      const auto* stop = std::get_if<tm::Stop>(&message);
      if (stop != nullptr && stop->attempt == before->attempt) return true;
    }
    return false;
  }));
}

// One that stood still while it led, and begins an attempt when it wakes,
// before it sees that its time is over, is refused.
TEST_F(DispatcherTest, NoLeaderBeforeTakesAJobBack) {
  Lead();
  Lead();
  Come("a");
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  CheckpointStore leader_before(&plans_, &records_);
  const auto begun = leader_before.BeginAttempt(*id, {.term = 1});
  EXPECT_TRUE(absl::IsAborted(begun.status())) << begun.status();
  const int64_t completed = Job(*id)->checkpoints.completed;
  EXPECT_TRUE(WaitUntil(
      [&] { return Job(*id)->checkpoints.completed > completed; }));
}

// As one does when a later one has begun an attempt of its job: it has not
// ended, it is that one's.
TEST_F(DispatcherTest, WhoLosesAJobToALaterLeaderLeadsNoMore) {
  Lead();
  Come("a");
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  CheckpointStore leader_after(&plans_, &records_);
  ASSERT_TRUE(leader_after.BeginAttempt(*id, {.term = 2}).ok());
  // Since there is none after all, it leads in that term, and goes on.
  ASSERT_TRUE(
      WaitUntil([this] { return View().leads && View().term == 2; }));
  Come("b");
  EXPECT_TRUE(WaitFor(*id, JobState::kRunning));
}

TEST_F(DispatcherTest, ItsHistoryIsThereForTheNextJobManager) {
  Lead();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(*Submit(Plan(1)));
    ASSERT_TRUE(Cancel(ids.back()).ok());
    ASSERT_TRUE(WaitFor(ids.back(), JobState::kCanceled));
  }
  ASSERT_TRUE(WaitUntil([this] { return View().jobs.size() == 2; }));
  Lead();
  ASSERT_TRUE(WaitUntil([this] { return View().jobs.size() == 2; }));
  EXPECT_EQ(View().jobs[0].job_id, ids[2]);
  EXPECT_EQ(View().jobs[0].state, JobState::kCanceled);
  EXPECT_EQ(View().jobs[0].plan->vertices.size(), 2u);
}

// It would break the conversation with every TaskManager that it is deployed
// to.
TEST_F(DispatcherTest, RefusesAPlanThatFitsIntoNoMessage) {
  Lead();
  JobPlan plan = Plan(1);
  plan.name = std::string(JobGateway::kMostPlanBytes, 'x');
  const auto refused = Submit(std::move(plan));
  EXPECT_TRUE(absl::StartsWith(refused.status().message(),
                               "JOB-0139: the plan has 629"))
      << refused.status().message().substr(0, 200);
  EXPECT_TRUE(View().jobs.empty());
}

TEST_F(DispatcherTest, RefusesTaskManagersOfOtherClusters) {
  Lead();
  FakeTaskHost stranger(&network_, dispatcher_->address(), "x",
                           [this] { owner_.Wake(); });
  stranger.Come("other");
  std::optional<tm::Refused> refused;
  EXPECT_TRUE(WaitUntil([&] {
    for (tm::Message& message : stranger.TakeHeard()) {
      if (auto* it = std::get_if<tm::Refused>(&message)) refused = *it;
    }
    return refused.has_value();
  }));
  EXPECT_TRUE(absl::StrContains(refused->status.message(), "JOB-0121"));
}

TEST_F(DispatcherTest, WhoFollowsAnswersThatItDoesNotLead) {
  Lead("one");
  auto leader = std::move(dispatcher_);
  auto follower = Dispatcher::Open(
      {.network = &network_,
       .bind_address = "jm:99",
       .resource_id = "two",
       .cluster = {.hosting = {.clock = &clock_,
                               .records = &records_,
                               .metrics = &metrics_},
                   .log = [](const std::string&) {}}});
  ASSERT_TRUE(follower.ok());
  dispatcher_ = *std::move(follower);
  dispatcher_->Campaign();
  EXPECT_TRUE(absl::IsUnavailable(Submit(Plan(1)).status()));
  EXPECT_FALSE(View().leads);
  // Until the leader goes.
  leader->Resign();
  EXPECT_TRUE(WaitUntil([this] { return View().leads; }));
}

}  // namespace
}  // namespace millrace
