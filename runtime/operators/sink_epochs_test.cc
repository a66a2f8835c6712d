#include "runtime/operators/sink_epochs.h"

#include <deque>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"

namespace millrace::sink_epochs_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// What everybody can see: how often each committable was made visible. The
// second time does nothing, as committers promise.
struct World {
  std::vector<std::string> visible;
  std::set<std::string> known;
  std::deque<absl::Status> refusals;  // Of the next commits.
};

class WorldCommitter final : public Committer {
 public:
  explicit WorldCommitter(World* world) : world_(*world) {}
  absl::Status Commit(const std::vector<Committable>& committables) override {
    if (!world_.refusals.empty()) {
      const absl::Status refusal = world_.refusals.front();
      world_.refusals.pop_front();
      return refusal;
    }
    for (const Committable& one : committables) {
      if (!world_.known.insert(one.bytes).second) continue;
      world_.visible.push_back(one.bytes);
    }
    return absl::OkStatus();
  }
  absl::Status Abort(const std::vector<Committable>&) override {
    return absl::OkStatus();
  }

 private:
  World& world_;
};

// Seals what was written as one committable; an odd row stays open once.
class RowWriter final : public Writer {
 public:
  absl::StatusOr<Accepted> Write(const Batch&) override {
    return Accepted::kAll;
  }
  void WriteRow(std::string row) { rows_.push_back(std::move(row)); }
  absl::StatusOr<Accepted> Flush() override {
    return refuse_-- > 0 ? Accepted::kFull : Accepted::kAll;
  }
  absl::StatusOr<Sealed> Seal(CheckpointId) override {
    Sealed sealed;
    for (std::string& row : ready_) sealed.committables.push_back({row});
    ready_.clear();
    sealed.open = rows_;
    ready_.swap(rows_);
    return sealed;
  }
  absl::Status Restore(const std::vector<std::string>& open) override {
    ready_ = open;
    return absl::OkStatus();
  }
  void Refuse(int times) { refuse_ = times; }
  void EndInput() override {
    ready_.insert(ready_.end(), rows_.begin(), rows_.end());
    rows_.clear();
  }

 private:
  int refuse_ = 0;
  std::vector<std::string> rows_;   // Open at the next barrier,
  std::vector<std::string> ready_;  // and sealed by the one behind it.
};

class QueueExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    work_.push_back(std::move(work));
  }
  void Run() {
    while (!work_.empty()) {
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::function<void()>> work_;
};

class MemorySnapshot final : public SnapshotWriter, public SnapshotReader {
 public:
  absl::Status BeginState(const StateSchema&) override {
    return absl::UnimplementedError("");
  }
  absl::Status Entry(KeyGroup, absl::string_view, absl::string_view) override {
    return absl::UnimplementedError("");
  }
  absl::Status OperatorState(absl::string_view name, Redistribution,
                             const std::vector<std::string>& items) override {
    lists_[std::string(name)] = items;
    return absl::OkStatus();
  }
  absl::Status ReadState(
      const StateSchema&,
      const std::function<absl::Status(KeyGroup, absl::string_view,
                                       absl::string_view)>&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) override {
    return lists_[std::string(name)];
  }
  std::map<std::string, std::vector<std::string>>& lists() { return lists_; }

 private:
  std::map<std::string, std::vector<std::string>> lists_;
};

class SinkEpochsTest : public ::testing::Test {
 protected:
  ~SinkEpochsTest() override { SetFailpointHandler(nullptr); }

  struct Sink {
    RowWriter writer;
    std::unique_ptr<SinkEpochs> epochs;
  };
  std::unique_ptr<Sink> Open() {
    auto sink = std::make_unique<Sink>();
    sink->epochs = std::make_unique<SinkEpochs>(SinkEpochs::Parts{
        .writer = &sink->writer,
        .committer = std::make_shared<WorldCommitter>(&world_),
        .background = &executor_,
        .wake = [this] { ++wakes_; },
        .clock = &clock_});
    return sink;
  }
  // A barrier and its snapshot.
  static absl::StatusOr<MemorySnapshot> Take(Sink& sink, int64_t id) {
    ASSIGN_OR_RETURN(const Progress sealed,
                     sink.epochs->Seal(CheckpointId(id)));
    if (sealed != Progress::kDone) return absl::AbortedError("not sealed");
    MemorySnapshot snapshot;
    RETURN_IF_ERROR(sink.epochs->Snapshot(snapshot));
    return snapshot;
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  QueueExecutor executor_;
  World world_;
  int wakes_ = 0;
};

TEST_F(SinkEpochsTest, CommitsInTheBackground) {
  auto sink = Open();
  sink->writer.WriteRow("a");
  ASSERT_TRUE(Take(*sink, 1).ok());
  ASSERT_TRUE(Take(*sink, 2).ok());
  ASSERT_TRUE(sink->epochs->Complete(CheckpointId(2)).ok());
  EXPECT_FALSE(*sink->epochs->Settle());
  EXPECT_THAT(world_.visible, IsEmpty());
  executor_.Run();
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(*sink->epochs->Settle());
  EXPECT_THAT(world_.visible, ElementsAre("a"));
}

TEST_F(SinkEpochsTest, CommitsAgainWhatWasRefusedForNow) {
  auto sink = Open();
  world_.refusals = {absl::UnavailableError("away")};
  sink->writer.WriteRow("a");
  ASSERT_TRUE(Take(*sink, 1).ok());
  ASSERT_TRUE(Take(*sink, 2).ok());
  ASSERT_TRUE(sink->epochs->Complete(CheckpointId(2)).ok());
  executor_.Run();
  EXPECT_FALSE(*sink->epochs->Settle());
  clock_.AdvanceBy(SinkCommitter::kFirstDelay);
  EXPECT_EQ(sink->epochs->NextRetryNanos(), clock_.SteadyNanos());
  EXPECT_FALSE(*sink->epochs->Settle());
  executor_.Run();
  EXPECT_TRUE(*sink->epochs->Settle());
  EXPECT_THAT(world_.visible, ElementsAre("a"));
}

TEST_F(SinkEpochsTest, EndsTheAttemptWhenOutputCannotBeCommitted) {
  auto sink = Open();
  world_.refusals = {absl::DataLossError("gone")};
  sink->writer.WriteRow("a");
  ASSERT_TRUE(Take(*sink, 1).ok());
  ASSERT_TRUE(Take(*sink, 2).ok());
  ASSERT_TRUE(sink->epochs->Complete(CheckpointId(2)).ok());
  executor_.Run();
  EXPECT_THAT(std::string(sink->epochs->Settle().status().message()),
              HasSubstr("gone"));
}

TEST_F(SinkEpochsTest, TakesNoBarrierBeforeWhatWasRestoredIsCommitted) {
  auto first = Open();
  first->writer.WriteRow("a\n0 b");
  ASSERT_TRUE(Take(*first, 1).ok());
  first->writer.WriteRow("c");
  auto snapshot = Take(*first, 2);
  ASSERT_TRUE(snapshot.ok());
  EXPECT_THAT(snapshot->lists()["pending"], ElementsAre("1\n2 5\na\n0 b"));
  EXPECT_THAT(snapshot->lists()["open"], ElementsAre("c"));

  auto second = Open();
  ASSERT_TRUE(second->epochs->Restore(*snapshot).ok());
  EXPECT_EQ(*second->epochs->Seal(CheckpointId(3)), Progress::kOutputFull);
  executor_.Run();
  EXPECT_EQ(*second->epochs->Seal(CheckpointId(3)), Progress::kDone);
  ASSERT_TRUE(second->epochs->Complete(CheckpointId(3)).ok());
  executor_.Run();
  EXPECT_THAT(world_.visible, ElementsAre("a\n0 b", "c"));
}

TEST_F(SinkEpochsTest, WaitsForTheWriterToFlush) {
  auto sink = Open();
  sink->writer.Refuse(1);
  EXPECT_EQ(*sink->epochs->Seal(CheckpointId(1)), Progress::kOutputFull);
  EXPECT_EQ(*sink->epochs->Seal(CheckpointId(1)), Progress::kDone);
}

TEST_F(SinkEpochsTest, RefusesAPendingListThatWasCutOff) {
  MemorySnapshot snapshot;
  for (const char* item : {"", "2\n", "1\n2 5\nab", "1\nx", "1\n1 1a"}) {
    snapshot.lists()["pending"] = {item};
    EXPECT_TRUE(absl::IsDataLoss(Open()->epochs->Restore(snapshot)))
        << item;
  }
}

// Rows 0 to 9, a barrier behind each; ends at the first error, as a kill would,
// with the last snapshot whose checkpoint completed.
class Process {
 public:
  int rows = 0;  // Of the snapshot.
  MemorySnapshot snapshot;
  bool any = false;

  absl::Status Run(SinkEpochs& epochs, RowWriter& writer,
                   QueueExecutor& executor, int64_t attempt) {
    if (any) RETURN_IF_ERROR(epochs.Restore(snapshot));
    executor.Run();
    for (int row = rows; row < 10; ++row) {
      writer.WriteRow(absl::StrCat(row));
      if (row == 9) writer.EndInput();
      const CheckpointId id(attempt * 100 + row);
      ASSIGN_OR_RETURN(const Progress sealed, epochs.Seal(id));
      EXPECT_EQ(sealed, Progress::kDone);
      MemorySnapshot taken;
      RETURN_IF_ERROR(epochs.Snapshot(taken));
      if (row % 3 == 1) continue;  // This one is given up.
      snapshot = std::move(taken);
      rows = row + 1;
      any = true;
      RETURN_IF_ERROR(epochs.Complete(id));
      executor.Run();
      if (died) return absl::AbortedError("killed");
      RETURN_IF_ERROR(epochs.Settle().status());
    }
    return absl::OkStatus();
  }

  bool died = false;
};

TEST_F(SinkEpochsTest, SurvivesAKillAtEveryFailpoint) {
  std::set<std::string> hit;
  bool killed = true;
  for (int nth = 1; killed; ++nth) {
    SCOPED_TRACE(absl::StrCat("failpoint ", nth));
    world_ = {};
    Process process;
    int reached = 0;
    killed = false;
    SetFailpointHandler([&](absl::string_view name) {
      if (++reached != nth) return absl::OkStatus();
      hit.emplace(name);
      killed = process.died = true;
      return absl::UnavailableError("killed");
    });
    for (int attempt = 1; attempt <= 2; ++attempt) {
      auto sink = Open();
      process.died = false;
      const absl::Status ended = process.Run(*sink->epochs, sink->writer,
                                             executor_, attempt);
      if (ended.ok()) break;
      EXPECT_TRUE(killed) << ended;
    }
    EXPECT_THAT(world_.visible,
                UnorderedElementsAre("0", "1", "2", "3", "4", "5", "6", "7",
                                     "8", "9"));
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_THAT(hit, UnorderedElementsAre("sink.before_seal", "sink.after_seal",
                                        "sink.before_commit",
                                        "sink.after_commit",
                                        "sink.before_ack"));
}

}  // namespace
}  // namespace millrace::sink_epochs_test
