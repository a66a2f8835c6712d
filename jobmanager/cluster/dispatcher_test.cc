#include "jobmanager/cluster/dispatcher.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "jobmanager/cluster/fake_task_host_test.h"
#include "runtime/base/metrics.h"
#include "runtime/rpc/local_network.h"
#include "state/storage/checkpoint_store.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {
namespace {

namespace tm = to_task_manager;

// A JobManager with its threads, over a network and stores in memory. What is
// waited for is looked at after whatever may have changed it, and at least
// every few milliseconds.
class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    connectors_.Add("two", std::make_unique<TwoSplits>());
    EXPECT_TRUE(disk_.MakeDirectory("/chk").ok());
  }
  ~DispatcherTest() override {
    task_managers_.clear();
    dispatcher_.reset();
  }

  void Lead(std::string resource_id = "jm") {
    dispatcher_.reset();
    auto opened = Dispatcher::Open(
        {.network = &network_,
         .bind_address = absl::StrCat("jm:", ++port_),
         .resource_id = std::move(resource_id),
         .life = port_,
         .cluster = {
             .cluster = "c",
             .version = "1",
             .hosting = {.connectors = &connectors_,
                         .clock = &clock_,
                         .disk = &disk_,
                         .records = &records_,
                         .metrics = &metrics_,
                         .config = {{"state.checkpoints.dir", "/chk"}}},
             .plans = &plans_,
             .most_ended = 2,
             .new_job_id = [this] {
               return absl::StrCat(absl::Hex(++jobs_, absl::kZeroPad16),
                                   "0123456789abcdef");
             },
             .log = [](const std::string&) {}}});
    ASSERT_TRUE(opened.ok()) << opened.status();
    dispatcher_ = *std::move(opened);
    dispatcher_->Campaign(/*holds_lock=*/false);
    ASSERT_TRUE(WaitUntil([this] { return View().leads; }));
  }
  FakeTaskHost& Come(std::string name, int slots = 1) {
    task_managers_.push_back(std::make_unique<FakeTaskHost>(
        &network_, dispatcher_->address(), std::move(name),
        [this] { owner_.Wake(); }, slots));
    task_managers_.back()->Come();
    return *task_managers_.back();
  }
  static JobPlan Plan(int parallelism) {
    const LogicalType number = LogicalType::BigInt();
    const TableDescriptor table = {.name = "t",
                                   .columns = {{.name = "n", .type = number}},
                                   .options = {{"connector", "two"}}};
    SourceSpec source = {.table = table, .columns = {Expr::Column(0, number)}};
    source.request.columns.push_back({{0}, number});
    JobPlan plan;
    plan.name = "job";
    plan.config["execution.checkpointing.interval"] = "20 ms";
    plan.config["restart-strategy.type"] = "fixed-delay";
    plan.config["restart-strategy.fixed-delay.attempts"] = "9";
    plan.config["restart-strategy.fixed-delay.delay"] = "1 ms";
    plan.vertices.push_back({.id = VertexId(0),
                             .uid = "t",
                             .name = "Source: t",
                             .spec = source,
                             .parallelism = parallelism,
                             .output = {{"n", number}}});
    plan.vertices.push_back({.id = VertexId(1),
                             .uid = "sink",
                             .name = "Sink: s",
                             .spec = SinkSpec{.table = table},
                             .parallelism = parallelism});
    plan.edges.push_back({.from = VertexId(0), .to = VertexId(1)});
    return plan;
  }

  const ClusterView& View() { return *(view_ = dispatcher_->View()); }
  const JobView* Job(const std::string& id) {
    for (const JobView& job : View().jobs) {
      if (job.job_id == id) return &job;
    }
    return nullptr;
  }
  bool IsIn(const std::string& id, JobState state) {
    const JobView* const job = Job(id);
    return job != nullptr && job->state == state;
  }
  bool WaitFor(const std::string& id, JobState state) {
    return WaitUntil([&] { return IsIn(id, state); });
  }
  template <typename Holds>
  bool WaitUntil(Holds holds) {
    constexpr int kTries = 4000;
    constexpr int64_t kLookAgainNanos = 5'000'000;
    for (int i = 0; i < kTries; ++i) {
      owner_.BeginTurn();
      if (holds()) return true;
      owner_.Wait(kLookAgainNanos);
    }
    return false;
  }
  // What the gateway answers to `ask`.
  template <typename T, typename Ask>
  absl::StatusOr<T> Asked(Ask ask) {
    Mailbox<absl::StatusOr<T>> answers([this] { owner_.Wake(); });
    ask([&](absl::StatusOr<T> answer) { answers.Post(std::move(answer)); });
    std::vector<absl::StatusOr<T>> got;
    WaitUntil([&] { return !(got = answers.TakeAll()).empty(); });
    return got.empty() ? absl::DeadlineExceededError("no answer") : got[0];
  }
  absl::StatusOr<std::string> Submit(JobPlan plan) {
    return Asked<std::string>([&](JobGateway::Answer<std::string> answer) {
      dispatcher_->Submit({.plan = std::move(plan)}, std::move(answer));
    });
  }
  absl::StatusOr<JobState> Cancel(const std::string& id) {
    return Asked<JobState>([&](JobGateway::Answer<JobState> answer) {
      dispatcher_->Cancel(id, std::move(answer));
    });
  }
  // The next Deploy that the TaskManager hears.
  std::optional<tm::Deploy> Deployed(FakeTaskHost& task_manager) {
    std::optional<tm::Deploy> deploy;
    WaitUntil([&] {
      for (tm::Message& message : task_manager.TakeHeard()) {
        if (auto* it = std::get_if<tm::Deploy>(&message)) {
          deploy = std::move(*it);
        }
      }
      return deploy.has_value();
    });
    return deploy;
  }
  bool CompletesACheckpoint(const std::string& id) {
    return WaitUntil([&] {
      const JobView* const job = Job(id);
      return job != nullptr && job->checkpoints.completed > 0;
    });
  }

  SystemClock clock_;
  BackgroundPool threads_{2};
  LocalNetwork network_{&threads_};
  SimBucket bucket_{1};
  SimDisk disk_{1};
  SimObjectStore plans_{&bucket_, &disk_};
  SimHaStore records_{1};
  ConnectorRegistry connectors_;
  MetricRegistry metrics_;
  Waker owner_;
  int port_ = 0;
  int64_t jobs_ = 0;
  std::shared_ptr<const ClusterView> view_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::vector<std::unique_ptr<FakeTaskHost>> task_managers_;
};

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

// One that stood still while it led begins an attempt when it wakes, before it
// sees that its time is over.
TEST_F(DispatcherTest, AnAttemptThatALeaderBeforeBeganDoesNotEndTheJob) {
  Lead();
  FakeTaskHost& a = Come("a");
  const auto id = Submit(Plan(1));
  ASSERT_TRUE(CompletesACheckpoint(*id));
  const auto before = Deployed(a);
  CheckpointStore leader_before(&plans_, &records_);
  const auto begun = leader_before.BeginAttempt(*id);
  ASSERT_TRUE(begun.ok()) << begun.status();
  const auto after = Deployed(a);
  ASSERT_TRUE(before && after);
  EXPECT_GT(after->attempt.attempt, begun->attempt);
  EXPECT_FALSE(after->restore.empty());
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
  dispatcher_->Campaign(/*holds_lock=*/false);
  EXPECT_TRUE(absl::IsUnavailable(Submit(Plan(1)).status()));
  EXPECT_FALSE(View().leads);
  // Until the leader goes.
  leader->Resign();
  EXPECT_TRUE(WaitUntil([this] { return View().leads; }));
}

}  // namespace
}  // namespace millrace
