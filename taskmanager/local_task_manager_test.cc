#include "taskmanager/local_task_manager.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "taskmanager/count_by_key_test.h"
#include "taskmanager/inline_world_test.h"
#include "taskmanager/numbers_job_test.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::Each;
using ::testing::Pair;
using ::testing::SizeIs;

// Attempts of the numbers job, one after the other, in the test's thread.
class LocalTaskManagerTest : public ::testing::Test {
 protected:
  LocalTaskManagerTest() {
    connectors_.Add("numbers", std::make_unique<NumbersConnector>(&world_));
  }

  // Of the last attempt nothing is left.
  absl::Status Start(const JobPlan& plan) {
    ++attempt_;
    built_ = 0;
    roots_.clear();
    subtasks_.clear();
    drained_.clear();
    ended_.clear();
    manager_ = std::make_unique<LocalTaskManager>(
        Placement::Alone(2), &clock_, LocalTaskManager::Threads::kNone);
    SubtaskEnvironment environment = {
        .connectors = &connectors_,
        .functions = &functions_,
        .clock = &clock_,
        .memory = &memory_,
        .metrics = &metrics_,
        .background = &executor_,
        .make_operator =
            [](auto&&...) { return std::make_unique<CountByKey>(); },
        .job_id = "job",
        .attempt = attempt_,
        .checkpoints = &store_,
        .restore = restore_,
        .acknowledge = [this](Acknowledgement ack) { Take(std::move(ack)); },
        .drained = [this](SubtaskId id) { drained_.insert(id); },
        .request_splits =
            [this](VertexId source, int subtask) {
              requests_.push_back({source, subtask});
            },
        .report_line = [](VertexId, int, std::string) {}};
    return manager_->Start(
        plan, std::move(environment),
        {.built =
             [this](const auto& counters) {
               ++built_;
               for (const auto& subtask : counters) {
                 const SubtaskId id{subtask.vertices.front(), subtask.index};
                 subtasks_.push_back(id);
                 if (subtask.is_root) roots_.push_back(id);
               }
             },
         .subtask_ended =
             [this](VertexId vertex, int index, absl::Status status) {
               ended_.push_back({{vertex, index}, status});
             },
         .stopped = [] {}});
  }

  // Until every worker would sleep; sources that ask learn that there is no
  // more.
  void Run() {
    bool busy = true;
    while (busy) {
      busy = false;
      for (int slot = 0; slot < manager_->slots(); ++slot) {
        busy |= manager_->worker(slot)->RunOnce() == 0;
      }
      for (const SubtaskId& source : std::exchange(requests_, {})) {
        manager_->Give(source, {.no_more_splits = true});
        busy = true;
      }
    }
  }

  void Give(int subtask, std::vector<Split> splits) {
    manager_->Give({VertexId(0), subtask}, {.splits = std::move(splits)});
  }

  void Trigger(int64_t checkpoint) {
    acknowledged_ = Manifest{.checkpoint = CheckpointId(checkpoint)};
    acks_ = 0;
    for (const SubtaskId& root : roots_) {
      manager_->Trigger(root, {CheckpointId(checkpoint)});
    }
    Run();
  }
  void Take(Acknowledgement ack) {
    ++acks_;
    ASSERT_EQ(ack.checkpoint, acknowledged_.checkpoint);
    ASSERT_TRUE(ack.snapshots.ok()) << ack.snapshots.status();
    for (OperatorSnapshot& snapshot : *ack.snapshots) {
      acknowledged_.operators.push_back(std::move(snapshot));
    }
  }
  void Complete(int64_t checkpoint, bool final) {
    restore_ = std::make_shared<Manifest>(acknowledged_);
    for (const SubtaskId& subtask : subtasks_) {
      manager_->Complete(subtask, CheckpointId(checkpoint), final);
    }
    Run();
  }

  NumbersWorld world_;
  ConnectorRegistry connectors_;
  FunctionRegistry functions_;
  ManualClock clock_{absl::FromUnixSeconds(100)};
  MemoryBudget memory_{int64_t{1} << 26};
  MetricRegistry metrics_;
  InlineExecutor executor_;
  NoStore store_;
  int64_t attempt_ = 0;
  int built_ = 0;
  int acks_ = 0;
  std::vector<SubtaskId> roots_;
  std::vector<SubtaskId> subtasks_;
  std::set<SubtaskId> drained_;
  std::vector<SubtaskId> requests_;
  std::vector<std::pair<SubtaskId, absl::Status>> ended_;
  Manifest acknowledged_;
  std::shared_ptr<const Manifest> restore_;
  std::unique_ptr<LocalTaskManager> manager_;
};

// A failure after each checkpoint, each time with rows behind it that are lost
// with the attempt, and a restore with another number of subtasks.
TEST_F(LocalTaskManagerTest, GoesOnAtOtherParallelisms) {
  ASSERT_TRUE(Start(NumbersPlan(2)).ok());
  EXPECT_THAT(roots_, SizeIs(2));
  Give(0, {{"a", "0"}, {"b", "0"}});
  Give(1, {{"c", "50"}});
  int64_t checkpoint = 0;
  for (const int parallelism : {3, 1, 4, 2}) {
    world_.limit += 15;
    Run();
    Trigger(++checkpoint);
    EXPECT_EQ(acks_, subtasks_.size());
    Complete(checkpoint, /*final=*/false);
    world_.limit += 5;
    Run();
    ASSERT_TRUE(Start(NumbersPlan(parallelism)).ok());
    EXPECT_THAT(manager_->restored().kept, ElementsAre("numbers", "count"));
  }
  world_.limit = 100;
  Run();
  EXPECT_EQ(drained_.size(), subtasks_.size());
  EXPECT_THAT(ended_, SizeIs(0));
  Trigger(++checkpoint);
  EXPECT_EQ(acks_, subtasks_.size()) << "drained subtasks take part";
  Complete(checkpoint, /*final=*/true);
  EXPECT_EQ(ended_.size(), subtasks_.size());
  EXPECT_THAT(world_.collected, SizeIs(10));
  // "a" and "b" have ten numbers of each digit, "c" has five.
  EXPECT_THAT(world_.collected, Each(Pair(testing::_, ElementsAre(25))));
}

TEST_F(LocalTaskManagerTest, ARestoredJobThatHadEndedSaysNothingAgain) {
  ASSERT_TRUE(Start(NumbersPlan(2)).ok());
  Give(0, {{"a", "0"}});
  world_.limit = 100;
  Run();
  EXPECT_THAT(world_.collected, SizeIs(10));
  Trigger(1);
  Complete(1, /*final=*/false);
  world_.collected.clear();
  ASSERT_TRUE(Start(NumbersPlan(2)).ok());
  Run();
  EXPECT_EQ(drained_.size(), subtasks_.size()) << "again after each restore";
  EXPECT_THAT(world_.collected, SizeIs(0));
}

TEST_F(LocalTaskManagerTest, AnAbortedCheckpointChangesNothing) {
  ASSERT_TRUE(Start(NumbersPlan(2)).ok());
  Give(0, {{"a", "0"}});
  world_.limit = 30;
  Run();
  Trigger(1);
  for (const SubtaskId& subtask : subtasks_) {
    manager_->Abort(subtask, CheckpointId(1));
  }
  world_.limit = 60;
  Run();
  Trigger(2);
  Complete(2, /*final=*/false);
  ASSERT_TRUE(Start(NumbersPlan(3)).ok());
  world_.limit = 100;
  Run();
  EXPECT_THAT(world_.collected, Each(Pair(testing::_, ElementsAre(10))));
}

TEST_F(LocalTaskManagerTest, RefusesAPlanThatItsStateDoesNotFit) {
  ASSERT_TRUE(Start(NumbersPlan(2)).ok());
  Give(0, {{"a", "0"}});
  world_.limit = 30;
  Run();
  Trigger(1);
  Complete(1, /*final=*/false);
  JobPlan changed = NumbersPlan(2);
  changed.vertices[1].fingerprint = 8;
  const absl::Status refused = Start(changed);
  EXPECT_EQ(ErrorCode(refused), "JOB-0060") << refused;
  EXPECT_EQ(built_, 0) << "nothing runs";
}

}  // namespace
}  // namespace millrace
