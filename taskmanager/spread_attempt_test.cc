#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "taskmanager/count_by_key_test.h"
#include "taskmanager/data_plane.h"
#include "taskmanager/inline_world_test.h"
#include "taskmanager/local_task_manager.h"
#include "taskmanager/memory_network_test.h"
#include "taskmanager/numbers_job_test.h"

namespace millrace {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int kProcesses = 2;

// Attempts of the numbers job, each spread over two processes with a data plane
// and one task manager an attempt; the test is their JobManager. Everything
// runs in the test's thread, or on threads of its own.
class SpreadAttemptTest : public ::testing::TestWithParam<bool> {
 protected:
  struct Drained { SubtaskId subtask; };
  struct SplitsAsked { SubtaskId source; };
  struct Ended { SubtaskId subtask; absl::Status status; };
  struct Lost { int64_t attempt; absl::Status status; };
  using News = std::variant<Acknowledgement, Drained, SplitsAsked, Ended, Lost>;

  struct Process {
    NumbersWorld world;
    ConnectorRegistry connectors;
    MetricRegistry metrics;
    MemoryBudget memory{int64_t{1} << 26};
    std::unique_ptr<DataPlane> plane;
    // Of the attempt.
    std::unique_ptr<DataPlane::Channels> channels;
    std::unique_ptr<LocalTaskManager> manager;
  };

  static bool threads() { return GetParam(); }

  SpreadAttemptTest() {
    for (int i = 0; i < kProcesses; ++i) {
      Process& process = processes_[i];
      process.connectors.Add(
          "numbers", std::make_unique<NumbersConnector>(&process.world));
      auto plane = DataPlane::Open(
          {.task_manager = i == 0 ? "left" : "right",
           .network = &network_,
           .clock = &clock_,
           .metrics = &process.metrics,
           .ring_bytes = 64,  // Every event waits for credit.
           .window_bytes = 4096,
           .merge_nanos = 0,
           .threads = threads() ? DataPlane::Threads::kOwn
                                : DataPlane::Threads::kNone});
      MILLRACE_CHECK_OK(plane.status());
      process.plane = *std::move(plane);
      addresses_.push_back({.task_manager = i == 0 ? "left" : "right",
                            .data_address = process.plane->address()});
    }
    if (threads()) network_.StartThread();
  }
  ~SpreadAttemptTest() override {
    StopAttempt();
    for (Process& process : processes_) process.plane.reset();
    network_.StopThread();
  }

  void StopAttempt() {
    for (Process& process : processes_) {
      if (process.channels != nullptr) process.channels->Close();
      process.manager.reset();
      process.channels.reset();
    }
  }

  void Start(int parallelism) {
    StopAttempt();
    news_.TakeAll();
    ++attempt_;
    subtasks_.clear();
    roots_.clear();
    drained_.clear();
    ended_.clear();
    lost_.clear();
    for (int i = 0; i < kProcesses; ++i) StartOn(i, NumbersPlan(parallelism));
  }

  void StartOn(int self, const JobPlan& plan) {
    Process& process = processes_[self];
    process.channels = process.plane->OpenAttempt(
        {"job", attempt_}, addresses_,
        [this, attempt = attempt_](int, absl::Status status) {
          news_.Post(Lost{attempt, std::move(status)});
        });
    process.manager = std::make_unique<LocalTaskManager>(
        Placement{.process_of_slot = {0, 1}, .self = self}, &clock_,
        threads() ? LocalTaskManager::Threads::kOwn
                  : LocalTaskManager::Threads::kNone);
    SubtaskEnvironment environment = EnvironmentOf(process);
    const absl::Status started = process.manager->Start(
        plan, std::move(environment),
        {.built =
             [this, self](const auto& counters) {
               for (const auto& subtask : counters) {
                 const SubtaskId id{subtask.vertices.front(), subtask.index};
                 EXPECT_EQ(id.index % kProcesses, self);
                 subtasks_.push_back(id);
                 if (subtask.is_root) roots_.push_back(id);
               }
             },
         .subtask_ended =
             [this](VertexId vertex, int index, absl::Status status) {
               news_.Post(Ended{{vertex, index}, std::move(status)});
             },
         .stopped = [] {}});
    ASSERT_TRUE(started.ok()) << started;
  }

  SubtaskEnvironment EnvironmentOf(Process& process) {
    return {
        .connectors = &process.connectors,
        .functions = &functions_,
        .clock = &clock_,
        .memory = &process.memory,
        .metrics = &process.metrics,
        .background = &executor_,
        .make_operator =
            [](auto&&...) { return std::make_unique<CountByKey>(); },
        .remote = process.channels.get(),
        .job_id = "job",
        .attempt = attempt_,
        .checkpoints = &store_,
        .restore = restore_,
        .acknowledge =
            [this](Acknowledgement ack) { news_.Post(std::move(ack)); },
        .drained = [this](SubtaskId id) { news_.Post(Drained{id}); },
        .request_splits =
            [this](VertexId source, int subtask) {
              news_.Post(SplitsAsked{{source, subtask}});
            },
        .report_line = [](VertexId, int, std::string) {}};
  }

  LocalTaskManager& ManagerOf(const SubtaskId& subtask) {
    return *processes_[subtask.index % kProcesses].manager;
  }

  void Take(News news) {
    if (auto* ack = std::get_if<Acknowledgement>(&news)) {
      if (ack->checkpoint != acknowledged_.checkpoint) return;
      ++acks_;
      ASSERT_TRUE(ack->snapshots.ok()) << ack->snapshots.status();
      for (OperatorSnapshot& snapshot : *ack->snapshots) {
        acknowledged_.operators.push_back(std::move(snapshot));
      }
    } else if (const auto* drained = std::get_if<Drained>(&news)) {
      drained_.insert(drained->subtask);
    } else if (const auto* asked = std::get_if<SplitsAsked>(&news)) {
      ManagerOf(asked->source).Give(asked->source, {.no_more_splits = true});
    } else if (const auto* ended = std::get_if<Ended>(&news)) {
      EXPECT_TRUE(ended->status.ok()) << ended->status;
      ended_.insert(ended->subtask);
    } else {
      const auto& lost = std::get<Lost>(news);
      if (lost.attempt == attempt_) lost_.push_back(lost.status);
    }
  }

  // One turn of everybody, in the test's thread; false: nothing is to be done.
  bool Step() {
    bool busy = network_.DeliverOne();
    for (Process& process : processes_) {
      busy |= process.plane->RunOnce() == 0;
      if (process.manager == nullptr) continue;
      busy |= process.manager->worker(0)->RunOnce() == 0;
    }
    return busy;
  }

  void RunUntil(const std::function<bool()>& done) {
    int idle_turns = 0;
    while (true) {
      waker_.BeginTurn();
      for (News& news : news_.TakeAll()) Take(std::move(news));
      if (done()) return;
      if (threads()) {
        waker_.Wait(INT64_MAX);
      } else {
        idle_turns = Step() ? 0 : idle_turns + 1;
        ASSERT_LT(idle_turns, 3) << "nothing moves any more";
      }
    }
  }

  void Give(int subtask, std::vector<Split> splits) {
    const SubtaskId source = {VertexId(0), subtask};
    ManagerOf(source).Give(source, {.splits = std::move(splits)});
  }
  void SetLimit(int64_t limit) {
    for (Process& process : processes_) process.world.limit = limit;
  }

  void Checkpoint(int64_t id, bool final) {
    acknowledged_ = Manifest{.checkpoint = CheckpointId(id)};
    acks_ = 0;
    for (const SubtaskId& root : roots_) {
      ManagerOf(root).Trigger(root, {CheckpointId(id)});
    }
    RunUntil([&] { return acks_ == std::ssize(subtasks_); });
    restore_ = std::make_shared<Manifest>(acknowledged_);
    for (const SubtaskId& subtask : subtasks_) {
      ManagerOf(subtask).Complete(subtask, CheckpointId(id), final);
    }
  }
  // To the job's end; what the sinks of all processes have got.
  std::map<int64_t, std::vector<int64_t>> Finish(int64_t checkpoint) {
    RunUntil([&] { return drained_.size() == subtasks_.size(); });
    Checkpoint(checkpoint, /*final=*/true);
    RunUntil([&] { return ended_.size() == subtasks_.size(); });
    StopAttempt();
    std::map<int64_t, std::vector<int64_t>> all;
    for (const Process& process : processes_) {
      for (const auto& [key, counts] : process.world.collected) {
        all[key].insert(all[key].end(), counts.begin(), counts.end());
      }
    }
    return all;
  }

  MemoryNetwork network_;
  ManualClock clock_{absl::FromUnixSeconds(100)};
  FunctionRegistry functions_;
  InlineExecutor executor_;
  NoStore store_;
  Waker waker_;
  Mailbox<News> news_{[this] { waker_.Wake(); }};
  Process processes_[kProcesses];
  std::vector<DataPlane::Process> addresses_;

  int64_t attempt_ = 0;
  std::vector<SubtaskId> subtasks_;
  std::vector<SubtaskId> roots_;
  std::set<SubtaskId> drained_;
  std::set<SubtaskId> ended_;
  std::vector<absl::Status> lost_;
  int64_t acks_ = 0;
  Manifest acknowledged_;
  std::shared_ptr<const Manifest> restore_;
};

TEST_P(SpreadAttemptTest, CountsWhatAllProcessesRead) {
  SetLimit(100);
  for (const int parallelism : {2, 3, 5}) {
    SCOPED_TRACE(parallelism);
    for (Process& process : processes_) process.world.collected.clear();
    restore_ = nullptr;
    Start(parallelism);
    EXPECT_THAT(roots_, SizeIs(parallelism));
    EXPECT_THAT(subtasks_, SizeIs(3 * parallelism));
    Give(0, {{"a", "0"}, {"b", "0"}});
    Give(1, {{"c", "50"}});
    const auto collected = Finish(1);
    EXPECT_THAT(collected, SizeIs(10));
    EXPECT_THAT(collected, Each(Pair(testing::_, ElementsAre(25))));
    EXPECT_FALSE(processes_[0].world.collected.empty());
    EXPECT_FALSE(processes_[1].world.collected.empty());
  }
}

TEST_P(SpreadAttemptTest, BarriersCrossTheWireInTheirPlace) {
  SetLimit(100);
  Start(2);
  Give(0, {{"a", "0"}});
  Give(1, {{"b", "0"}});
  Checkpoint(1, /*final=*/false);
  // What this attempt does behind the barrier is lost with it.
  RunUntil([&] { return drained_.size() == subtasks_.size(); });
  for (Process& process : processes_) process.world.collected.clear();
  Start(3);
  const auto collected = Finish(2);
  EXPECT_THAT(collected, SizeIs(10));
  EXPECT_THAT(collected, Each(Pair(testing::_, ElementsAre(20))));
}

TEST_P(SpreadAttemptTest, ALostLinkIsHeardOfAndTheNextAttemptGoesOn) {
  if (threads()) GTEST_SKIP() << "the network is cut at one moment";
  SetLimit(40);
  Start(2);
  Give(0, {{"a", "0"}});
  Give(1, {{"b", "0"}});
  Checkpoint(1, /*final=*/false);
  network_.Cut();
  RunUntil([&] { return lost_.size() == 2; });
  SetLimit(100);
  Start(2);
  EXPECT_THAT(Finish(2), Each(Pair(testing::_, ElementsAre(20))));
}

INSTANTIATE_TEST_SUITE_P(InOneThreadOrMany, SpreadAttemptTest,
                         ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Threads" : "OneThread";
                         });

}  // namespace
}  // namespace millrace
