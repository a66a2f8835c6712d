#include "taskmanager/task_manager.h"

#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"
#include "runtime/plan/plan_codec.h"
#include "runtime/rpc/cluster_codec.h"
#include "runtime/rpc/local_network.h"
#include "taskmanager/numbers_job_test.h"

namespace millrace {
namespace {

namespace tm = to_task_manager;
namespace jm = to_job_manager;

// A JobManager by hand: what TaskManagers said, in order, and what it says.
class Leader {
 public:
  explicit Leader(Network& network) {
    auto listener = network.Listen(
        "127.0.0.1:0", Network::Topic::kControl,
        [this](std::shared_ptr<Link> link) {
          Change([&] { links_.push_back(std::move(link)); });
          return Link::Handler{
              .on_message =
                  [this](const std::string& bytes) {
                    auto message = DecodeToJobManager(bytes);
                    Change([&] { said_.push_back(*std::move(message)); });
                  },
              .on_closed = [](absl::Status) {}};
        });
    if (listener.ok()) listener_ = *std::move(listener);
  }
  const std::string& address() const { return listener_->address(); }

  void Say(const tm::Message& message) {
    std::unique_lock lock(mutex_);
    links_.back()->Send(Encode(message));
  }
  void Lead(int64_t term) {
    Hear<jm::Register>();
    Say(tm::Registered{term, absl::Milliseconds(20), absl::Seconds(60)});
  }
  void HangUp() {
    std::vector<std::shared_ptr<Link>> links;
    Change([&] { links.swap(links_); });
  }

  // The next message of the kind; what comes before is passed over.
  template <typename Kind>
  Kind Hear() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return heard_ < said_.size(); });
      auto* const kind = std::get_if<Kind>(&said_[heard_++]);
      if (kind != nullptr) return *kind;
    }
  }

 private:
  void Change(const std::function<void()>& change) {
    std::unique_lock lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Link>> links_;
  std::vector<jm::Message> said_;
  size_t heard_ = 0;
  std::unique_ptr<LinkListener> listener_;
};

class TaskManagerTest : public testing::Test {
 protected:
  TaskManagerTest() : folder_(MakeFolder()) {
    connectors_.Add("numbers", std::make_unique<NumbersConnector>(&world_));
    leader_ = std::make_unique<Leader>(network_);
    TaskManager::Options options = {
        .self = {.task_manager = "tm-1", .life = 7, .slots = 1},
        .job_manager = leader_->address(),
        .network = &network_,
        .ready = &ready_};
    SubtaskEnvironment& subtasks = options.attempts.subtasks;
    subtasks.connectors = &connectors_;
    subtasks.functions = &functions_;
    subtasks.clock = &clock_;
    subtasks.memory = &memory_;
    subtasks.metrics = &metrics_;
    subtasks.disk = &disk_;
    options.attempts.local_folder = folder_ + "/local";
    options.attempts.dead_letter_folder = folder_ + "/dead-letters";
    task_manager_ = std::make_unique<TaskManager>(std::move(options));
    running_ = std::thread([this] {
      task_manager_->RunFor(absl::InfiniteDuration());
    });
  }
  ~TaskManagerTest() override {
    task_manager_->Terminate();
    if (running_.joinable()) {
      // It ends at once where nothing runs any more.
      for (const int64_t attempt : {1, 2, 3}) {
        leader_->Say(tm::Stop{Attempt(attempt)});
      }
      running_.join();
    }
    task_manager_.reset();
    leader_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::string MakeFolder() {
    std::string path = testing::TempDir() + "/taskmanager-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    return path;
  }
  absl::Status WaitForEnd() {
    running_.join();
    return *task_manager_->outcome();
  }

  // From the source straight into the collector: one chain.
  static JobPlan Plan() {
    JobPlan plan = NumbersPlan(1);
    plan.vertices.erase(plan.vertices.begin() + 1);
    plan.vertices[1].id = VertexId(1);
    plan.vertices[1].output.clear();
    plan.edges = {{VertexId(0), VertexId(1), 0, ExchangeKind::kHash, {0}}};
    return plan;
  }
  AttemptRef Attempt(int64_t attempt) const {
    return {std::string(32, 'a'), attempt};
  }
  tm::Deploy DeployOf(int64_t attempt) const {
    return {.attempt = Attempt(attempt),
            .plan = ToJson(Plan()),
            .config = {{"state.checkpoints.dir", folder_ + "/checkpoints"}},
            .processes = {{.task_manager = "tm-1", .life = 7}},
            .process_of_slot = {0},
            .self = 0};
  }
  tm::GiveSplits AllSplits(int64_t attempt) const {
    return {.attempt = Attempt(attempt),
            .source = VertexId(0),
            .splits = {{"only", "0"}},
            .no_more_splits = true};
  }

  const std::string folder_;
  NumbersWorld world_ = {.limit = 100};
  SystemClock clock_;
  PosixDisk disk_;
  MemoryBudget memory_{1 << 30};
  MetricRegistry metrics_;
  Gauge ready_;
  FunctionRegistry functions_;
  ConnectorRegistry connectors_;
  BackgroundPool pool_{2};
  LocalNetwork network_{&pool_};
  std::unique_ptr<Leader> leader_;
  std::unique_ptr<TaskManager> task_manager_;
  std::thread running_;
};

TEST_F(TaskManagerTest, RunsAJobToItsFinalCheckpoint) {
  leader_->Lead(1);
  leader_->Say(DeployOf(1));
  const auto deployed = leader_->Hear<jm::Deployed>();
  ASSERT_TRUE(deployed.status.ok()) << deployed.status;
  EXPECT_EQ(deployed.subtasks.size(), 1);
  EXPECT_EQ(deployed.roots, std::vector<SubtaskId>({{VertexId(0), 0}}));

  leader_->Say(AllSplits(1));
  leader_->Hear<jm::Drained>();
  leader_->Say(tm::Trigger{Attempt(1), CheckpointId(1)});
  const auto given = leader_->Hear<jm::Acknowledged>().acknowledgement;
  EXPECT_TRUE(given.snapshots.ok()) << given.snapshots.status();
  leader_->Say(tm::Complete{Attempt(1), CheckpointId(1), /*final=*/true});
  EXPECT_TRUE(leader_->Hear<jm::Ended>().status.ok());
  leader_->Say(tm::Stop{Attempt(1)});
  EXPECT_EQ(leader_->Hear<jm::Stopped>().attempt, Attempt(1));
  // Ten of each last digit.
  EXPECT_EQ(world_.collected.size(), 10);
  for (const auto& [digit, numbers] : world_.collected) {
    EXPECT_EQ(numbers.size(), 10) << digit;
  }
}

TEST_F(TaskManagerTest, AHeartbeatSaysWhatWasCounted) {
  leader_->Lead(1);
  leader_->Say(DeployOf(1));
  ASSERT_TRUE(leader_->Hear<jm::Deployed>().status.ok());
  leader_->Say(AllSplits(1));
  leader_->Hear<jm::Drained>();
  while (true) {
    const auto beat = leader_->Hear<jm::Heartbeat>();
    ASSERT_EQ(beat.attempts.size(), 1);
    EXPECT_EQ(beat.attempts[0].attempt, Attempt(1));
    ASSERT_EQ(beat.attempts[0].subtasks.size(), 1);
    const SubtaskReport& source = beat.attempts[0].subtasks[0];
    if (source.operators[0].rows_out == 100) break;
  }
}

TEST_F(TaskManagerTest, ANewLeaderStopsWhatRanAndDeploysAnew) {
  leader_->Lead(1);
  leader_->Say(DeployOf(1));
  ASSERT_TRUE(leader_->Hear<jm::Deployed>().status.ok());
  leader_->HangUp();
  leader_->Lead(2);
  leader_->Say(DeployOf(2));
  const auto deployed = leader_->Hear<jm::Deployed>();
  EXPECT_EQ(deployed.attempt, Attempt(2));
  EXPECT_TRUE(deployed.status.ok()) << deployed.status;
}

TEST_F(TaskManagerTest, SaysWhyNothingRuns) {
  leader_->Lead(1);
  tm::Deploy no_plan = DeployOf(1);
  no_plan.plan = "{}";
  leader_->Say(no_plan);
  EXPECT_EQ(leader_->Hear<jm::Deployed>().status.code(),
            absl::StatusCode::kInvalidArgument);
  tm::Deploy no_manifest = DeployOf(2);
  no_manifest.restore = "nonsense";
  leader_->Say(no_manifest);
  EXPECT_EQ(leader_->Hear<jm::Deployed>().status.code(),
            absl::StatusCode::kDataLoss);
  tm::Deploy no_folder = DeployOf(3);
  no_folder.config.clear();
  leader_->Say(no_folder);
  EXPECT_EQ(leader_->Hear<jm::Deployed>().status.message(),
            "JOB-0071: there is no place for checkpoints: "
            "execution.checkpointing.dir is not set. Set it for the cluster to "
            "a folder that every machine of it reaches.");
}

TEST_F(TaskManagerTest, ReadsALargeManifestWhereItsFilesLie) {
  leader_->Lead(1);
  leader_->Say(DeployOf(1));
  ASSERT_TRUE(leader_->Hear<jm::Deployed>().status.ok());
  leader_->Say(tm::Trigger{Attempt(1), CheckpointId(1)});
  const auto given = leader_->Hear<jm::Acknowledged>().acknowledgement;
  ASSERT_TRUE(given.snapshots.ok()) << given.snapshots.status();
  leader_->Say(tm::Stop{Attempt(1)});
  leader_->Hear<jm::Stopped>();
  tm::Deploy named = DeployOf(2);
  named.restore_object = "some/manifest";
  leader_->Say(named);
  EXPECT_EQ(leader_->Hear<jm::Deployed>().status.code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(disk_.MakeDirectory(folder_ + "/checkpoints/some").ok());
  ASSERT_TRUE(WriteDurably(disk_, folder_ + "/checkpoints/some/manifest",
                           EncodeManifest({.checkpoint = CheckpointId(1),
                                           .vertices = {{"numbers", 1}},
                                           .operators = *given.snapshots}))
                  .ok());
  named.attempt.attempt = 3;
  leader_->Say(named);
  const auto deployed = leader_->Hear<jm::Deployed>();
  EXPECT_TRUE(deployed.status.ok()) << deployed.status;
  EXPECT_GT(deployed.kept_states, 0);
}

TEST_F(TaskManagerTest, EndsWhenItsWorkWasMoved) {
  leader_->Lead(1);
  leader_->Say(DeployOf(1));
  ASSERT_TRUE(leader_->Hear<jm::Deployed>().status.ok());
  EXPECT_EQ(ready_.value(), 1);
  task_manager_->Terminate();
  leader_->Hear<jm::Draining>();
  leader_->Say(tm::Stop{Attempt(1)});
  leader_->Hear<jm::Stopped>();
  EXPECT_TRUE(WaitForEnd().ok());
}

TEST_F(TaskManagerTest, EndsWithTheReasonOfARefusal) {
  leader_->Hear<jm::Register>();
  leader_->Say(tm::Refused{absl::InvalidArgumentError("another cluster")});
  EXPECT_EQ(WaitForEnd().message(), "another cluster");
}

}  // namespace
}  // namespace millrace
