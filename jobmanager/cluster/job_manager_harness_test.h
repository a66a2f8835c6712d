#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "jobmanager/cluster/dispatcher.h"
#include "jobmanager/cluster/fake_task_host_test.h"
#include "jobmanager/cluster/gated_stores_test.h"
#include "runtime/base/metrics.h"
#include "runtime/rpc/local_network.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {

// A JobManager with its threads, over a network and stores in memory. What is
// waited for is looked at after whatever may have changed it, and at least
// every few milliseconds.
class JobManagerHarness : public ::testing::Test {
 protected:
  JobManagerHarness() {
    connectors_.Add("two", std::make_unique<TwoSplits>());
    EXPECT_TRUE(disk_.MakeDirectory("/chk").ok());
  }
  ~JobManagerHarness() override {
    task_managers_.clear();
    dispatcher_.reset();
  }

  void Lead(std::string resource_id = "jm") {
    Campaign(std::move(resource_id));
    ASSERT_TRUE(WaitUntil([this] { return View().leads; }));
  }
  // Another JobManager takes the place of the one before, which is gone as if
  // it had been killed.
  void Campaign(std::string resource_id) {
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
                         .records = &gated_records_,
                         .metrics = &metrics_,
                         .config = {{"state.checkpoints.dir", "/chk"}}},
             .plans = &gated_plans_,
             .most_ended = 2,
             .new_job_id = [this] {
               return absl::StrCat(absl::Hex(++jobs_, absl::kZeroPad16),
                                   "0123456789abcdef");
             },
             .log = [](const std::string&) {}}});
    ASSERT_TRUE(opened.ok()) << opened.status();
    dispatcher_ = *std::move(opened);
    dispatcher_->Campaign();
  }
  FakeTaskHost& Come(std::string name, int slots = 1,
                     FakeTaskHost::Manners manners = {}) {
    task_managers_.push_back(std::make_unique<FakeTaskHost>(
        &network_, dispatcher_->address(), std::move(name),
        [this] { owner_.Wake(); }, slots, std::move(manners)));
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
    constexpr int kTries = 12'000;  // Sanitizers are slow.
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
    // Also of an answer that comes when nobody waits for it any more.
    auto answers = std::make_shared<Mailbox<absl::StatusOr<T>>>(
        [this] { owner_.Wake(); });
    ask([answers](absl::StatusOr<T> answer) {
      answers->Post(std::move(answer));
    });
    std::vector<absl::StatusOr<T>> got;
    WaitUntil([&] { return !(got = answers->TakeAll()).empty(); });
    return got.empty() ? absl::DeadlineExceededError("no answer") : got[0];
  }
  absl::StatusOr<std::string> Submit(JobPlan plan) {
    return Begin({.plan = std::move(plan)});
  }
  absl::StatusOr<std::string> Begin(JobGateway::Submission submission) {
    return Asked<std::string>([&](JobGateway::Answer<std::string> answer) {
      dispatcher_->Submit(std::move(submission), std::move(answer));
    });
  }
  absl::StatusOr<std::string> Savepoint(JobGateway::SavepointRequest request) {
    return Asked<std::string>([&](JobGateway::Answer<std::string> answer) {
      dispatcher_->Savepoint(std::move(request), std::move(answer));
    });
  }
  absl::StatusOr<JobState> Cancel(const std::string& id) {
    return Asked<JobState>([&](JobGateway::Answer<JobState> answer) {
      dispatcher_->Cancel(id, std::move(answer));
    });
  }
  // The next Deploy that the TaskManager hears.
  std::optional<to_task_manager::Deploy> Deployed(FakeTaskHost& task_manager) {
    std::optional<to_task_manager::Deploy> deploy;
    WaitUntil([&] {
      for (to_task_manager::Message& message : task_manager.TakeHeard()) {
        if (auto* it = std::get_if<to_task_manager::Deploy>(&message)) {
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
  GatedRecords gated_records_{&records_};
  GatedPlans gated_plans_{&plans_};
  ConnectorRegistry connectors_;
  MetricRegistry metrics_;
  Waker owner_;
  int port_ = 0;
  int64_t jobs_ = 0;
  std::shared_ptr<const ClusterView> view_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::vector<std::unique_ptr<FakeTaskHost>> task_managers_;
};

}  // namespace millrace
