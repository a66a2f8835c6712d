#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/file_writer.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/formats/csv_format.h"
#include "connectors/formats/json/json_format.h"
#include "runtime/base/error.h"
#include "runtime/base/event_time.h"
#include "runtime/base/posix_disk.h"
#include "runtime/batch/vector_value.h"

namespace millrace::file_sink_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Type = LogicalType;

// Runs what it is given at once, or when it is told to.
class InlineExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    if (holds) {
      held.push_back(std::move(work));
    } else {
      work();
    }
  }
  void RunHeld() {
    for (const auto& work : std::exchange(held, {})) work();
  }

  bool holds = false;
  std::vector<std::function<void()>> held;
};

// Rows (a BIGINT, dt STRING, hm STRING) written through the connector into a
// directory of the test's own.
class FileSinkTest : public ::testing::Test {
 protected:
  FileSinkTest()
      : root_(fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        clock_(absl::UnixEpoch()) {
    fs::remove_all(root_);
    RegisterJsonFormat(registry_);
    RegisterCsvFormat(registry_);
    RegisterFilesystemConnector(registry_);
    table_ = {.name = "t",
              .columns = {{.name = "a", .type = Type::BigInt()},
                          {.name = "dt", .type = Type::String()},
                          {.name = "hm", .type = Type::String()}},
              .options = {{"connector", "filesystem"},
                          {"path", root_.string()},
                          {"format", "json"}}};
  }

  void Open(int subtask = 0) {
    const ConnectorContext context = {.job_id = "j",
                                      .attempt = 1,
                                      .subtask = subtask,
                                      .parallelism = 2,
                                      .clock = &clock_,
                                      .background = &executor_,
                                      .disk = &disk_,
                                      .metrics = &metrics_,
                                      .wake = [] {}};
    committer_ = nullptr;
    const Connector& connector = **registry_.Find("filesystem");
    auto writer = connector.MakeWriter(table_, context);
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    committer_ = *connector.MakeCommitter(table_, context);
  }
  // A barrier, whose checkpoint completes if asked to.
  void Checkpoint(bool completes = true) {
    ASSERT_EQ(*writer_->Flush(), Writer::Accepted::kAll);
    const auto sealed = writer_->Seal(CheckpointId(++checkpoint_));
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    pending_.insert(pending_.end(), sealed->committables.begin(),
                    sealed->committables.end());
    if (!completes) return;
    const absl::Status committed = committer_->Commit(pending_);
    ASSERT_TRUE(committed.ok()) << committed;
    pending_.clear();
  }
  // The end of the input, with the job's last checkpoint.
  void End() {
    writer_->EndInput();
    Checkpoint();
    committer_ = nullptr;
  }
  void Write(int64_t a, Value dt, Value hm) {
    const std::vector<Type> types = {Type::BigInt(), Type::String(),
                                     Type::String()};
    const std::vector<std::vector<Value>> rows = {
        {Value::Int(a), std::move(dt), std::move(hm)}};
    const auto accepted = writer_->Write(BatchOf(types, rows));
    ASSERT_TRUE(accepted.ok()) << accepted.status();
  }
  void Write(int64_t a, const char* dt, const char* hm) {
    Write(a, Value::Text(dt), Value::Text(hm));
  }
  // Content of the files that are not hidden, by folder; parts of a folder
  // behind one another, a mark as "<name>".
  std::map<std::string, std::string> Files(bool hidden = false) {
    std::map<std::string, std::string> files;
    if (!fs::exists(root_)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = entry.path().filename().string();
      const bool staged =
          entry.path().string().find("/.staging-j/") != std::string::npos;
      if (staged != hidden) continue;
      std::ifstream file(entry.path());
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      files[fs::relative(entry.path().parent_path(), root_).string()] +=
          name[0] == '_' ? absl::StrCat("<", name, ">") : text;
    }
    return files;
  }

  const fs::path root_;
  ManualClock clock_;
  PosixDisk disk_;
  InlineExecutor executor_;
  MetricGroup metrics_{"sink", {}};
  ConnectorRegistry registry_;
  TableDescriptor table_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Committer> committer_;
  std::vector<Committable> pending_;
  int64_t checkpoint_ = 0;
};

TEST_F(FileSinkTest, ShowsAPartOnlyWhenItsCheckpointHasCompleted) {
  Open();
  Write(1, "x", "y");
  ASSERT_TRUE(writer_->Flush().ok());
  EXPECT_THAT(Files(), IsEmpty());
  writer_->EndInput();
  Checkpoint(/*completes=*/false);
  EXPECT_THAT(Files(), IsEmpty());
  End();
  EXPECT_THAT(Files(), ElementsAre(Pair(
                           ".", "{\"a\":1,\"dt\":\"x\",\"hm\":\"y\"}\n")));
  EXPECT_FALSE(fs::exists(root_ / ".staging-j"));
}

TEST_F(FileSinkTest, CountsTheBytesThatItWrites) {
  Open();
  Write(1, "x", "y");
  Write(2, "x", "y");
  const auto samples = metrics_.Read();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].name, "sink_numBytesSend");
  EXPECT_EQ(samples[0].value, 52);
}

TEST_F(FileSinkTest, KeepsAPartOpenAcrossCheckpoints) {
  Open();
  Write(1, "x", "y");
  Checkpoint();
  EXPECT_TRUE(writer_->KeepsOpen());
  Write(2, "x", "y");
  Checkpoint();
  EXPECT_THAT(Files(), IsEmpty());
  End();
  EXPECT_FALSE(writer_->KeepsOpen());
  EXPECT_EQ(Files()["."].size(), 52u);
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 1);
}

TEST_F(FileSinkTest, ShowsWhatIsOpenWhereTheJobIsStopped) {
  Open();
  Write(1, "x", "y");
  Checkpoint();
  EXPECT_THAT(Files(), IsEmpty());
  Write(2, "x", "y");  // Behind the last barrier: of no checkpoint.
  ASSERT_EQ(*writer_->Flush(), Writer::Accepted::kAll);
  ASSERT_TRUE(writer_->Finish().ok());
  writer_ = nullptr;
  EXPECT_THAT(Files(), ElementsAre(Pair(
                           ".", "{\"a\":1,\"dt\":\"x\",\"hm\":\"y\"}\n")));
}

// Whatever they hold, the worker's turns stay short, and an attempt that is
// stopped waits for one part.
TEST_F(FileSinkTest, ShowsPartAfterPartBesideTheWorker) {
  table_.partition_keys = {"dt"};
  Open();
  for (const char* day : {"1", "2", "3"}) Write(1, day, "y");
  Checkpoint();
  executor_.holds = true;
  for (size_t shown = 0; shown < 3; ++shown) {
    EXPECT_EQ(*writer_->Finish(), std::nullopt);
    EXPECT_EQ(executor_.held.size(), 1u);
    EXPECT_EQ(Files().size(), shown);
    executor_.RunHeld();
  }
  EXPECT_EQ(*writer_->Finish(), "");
  EXPECT_EQ(Files().size(), 3u);
}

TEST_F(FileSinkTest, ShowsItOnceThoughItIsKilledMeanwhile) {
  Open();
  Write(1, "x", "y");
  ASSERT_EQ(*writer_->Flush(), Writer::Accepted::kAll);
  const auto sealed = writer_->Seal(CheckpointId(1));
  ASSERT_TRUE(writer_->Finish().ok());
  // The next attempt knows of that checkpoint alone, and ends with it too, or
  // goes on.
  for (const bool ends : {true, false}) {
    Open();
    ASSERT_TRUE(writer_->Restore(sealed->open).ok());
    if (ends) {
      ASSERT_TRUE(writer_->Finish().ok());
    } else {
      End();
    }
    EXPECT_EQ(Files()["."].size(), 26u);
  }
}

TEST_F(FileSinkTest, KeepsNoMorePartsOpenThanItMay) {
  table_.partition_keys = {"dt"};
  Open();
  for (int i = 0; i < 140; ++i) Write(i, absl::StrCat(i).c_str(), "y");
  Checkpoint();
  EXPECT_EQ(Files().size(), 140u - FileWriter::kMostParts);
  End();
  EXPECT_EQ(Files().size(), 140u);
}

TEST_F(FileSinkTest, LeavesNothingOfAJobThatWasCancelled) {
  Open();
  Write(1, "x", "y");
  Checkpoint(/*completes=*/false);
  ASSERT_TRUE((*registry_.Find("filesystem"))
                  ->Discard(table_, {.job_id = "j", .disk = &disk_})
                  .ok());
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(FileSinkTest, SaysThatARestoredPartIsGoneOrDamaged) {
  Open();
  Write(1, "x", "y");
  ASSERT_TRUE(writer_->Flush().ok());
  const auto sealed = writer_->Seal(CheckpointId(1));
  for (const auto& entry : fs::directory_iterator(root_ / ".staging-j")) {
    fs::resize_file(entry.path(), 3);
    Open();
    EXPECT_EQ(ErrorCode(writer_->Restore(sealed->open)), "SNK-0105");
    fs::remove(entry.path());
  }
  Open();
  EXPECT_EQ(ErrorCode(writer_->Restore(sealed->open)), "SNK-0105");
  EXPECT_TRUE(absl::IsDataLoss(writer_->Restore({"nonsense"})));
}

TEST_F(FileSinkTest, WritesPartitionsIntoFoldersWithoutTheirColumns) {
  table_.partition_keys = {"dt", "hm"};
  table_.options["format"] = "csv";
  Open();
  Write(1, "2015-07-15", "00:02");
  Write(2, "2015-07-15", "00:03");
  Write(3, "2015-07-15", "00:02");
  Write(4, Value::Null(), Value::Text(""));
  End();
  EXPECT_THAT(
      Files(),
      UnorderedElementsAre(
          Pair("dt=2015-07-15/hm=00%3A02", "1\n3\n"),
          Pair("dt=2015-07-15/hm=00%3A03", "2\n"),
          Pair("dt=__DEFAULT_PARTITION__/hm=__DEFAULT_PARTITION__", "4\n")));
}

TEST_F(FileSinkTest, RollsPartsBySizeAndAge) {
  table_.options["sink.rolling-policy.file-size"] = "40 b";
  table_.options["sink.rolling-policy.rollover-interval"] = "1 min";
  Open();
  Write(1, "x", "y");
  Checkpoint();
  EXPECT_THAT(Files(), IsEmpty());
  Write(2, "x", "y");
  Checkpoint();
  EXPECT_EQ(Files()["."].size(), 52u);
  Write(3, "x", "y");
  clock_.AdvanceBy(absl::Seconds(59));
  Checkpoint();
  EXPECT_EQ(Files()["."].size(), 52u);
  clock_.AdvanceBy(absl::Seconds(1));
  Checkpoint();
  EXPECT_EQ(Files()["."].size(), 78u);
}

TEST_F(FileSinkTest, CommitsPartitionsByTheWatermark) {
  table_.partition_keys = {"dt", "hm"};
  table_.options["sink.partition-commit.trigger"] = "partition-time";
  table_.options["sink.partition-commit.delay"] = "1 min";
  table_.options["sink.partition-commit.policy.kind"] = "success-file";
  table_.options["partition.time-extractor.timestamp-pattern"] = "$dt $hm:00";
  Open();
  Write(1, "1970-01-01", "00:02");
  Write(2, "1970-01-01", "00:03");
  ASSERT_TRUE(writer_->Advance(179'999).ok());
  Checkpoint();
  EXPECT_THAT(Files(), IsEmpty());
  ASSERT_TRUE(writer_->Advance(180'000).ok());
  EXPECT_THAT(Files(), IsEmpty());
  Checkpoint();
  EXPECT_THAT(Files(), ElementsAre(Pair("dt=1970-01-01/hm=00%3A02",
                                        ::testing::AllOf(
                                            ::testing::HasSubstr("<_SUCCESS>"),
                                            ::testing::HasSubstr("1")))));
  ASSERT_TRUE(writer_->Advance(kMaxWatermark).ok());
  Checkpoint();
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(FileSinkTest, CommitsPartitionsByTheClock) {
  table_.partition_keys = {"dt", "hm"};
  table_.options["sink.partition-commit.policy.kind"] = "success-file";
  table_.options["sink.partition-commit.delay"] = "10 s";
  table_.options["sink.partition-commit.success-file.name"] = "_DONE";
  Open();
  Write(1, "a", "b");
  Checkpoint();
  EXPECT_THAT(Files(), IsEmpty());
  clock_.AdvanceBy(absl::Seconds(10));
  Checkpoint();
  EXPECT_THAT(Files()["dt=a/hm=b"], ::testing::HasSubstr("<_DONE>"));
}

TEST_F(FileSinkTest, KeepsRunsAndSubtasksApart) {
  Open(0);
  Write(1, "x", "y");
  End();
  Open(1);
  Write(2, "x", "y");
  End();
  clock_.AdvanceBy(absl::Seconds(1));
  Open(0);
  Write(3, "x", "y");
  End();
  EXPECT_EQ(Files()["."].size(), 78u);
}

TEST_F(FileSinkTest, SaysThatOutputCannotBeWritten) {
  table_.options["path"] = "/dev/null/out";
  Open();
  const std::vector<Type> types = {Type::BigInt(), Type::String(),
                                   Type::String()};
  const std::vector<std::vector<Value>> rows = {
      {Value::Int(1), Value::Null(), Value::Null()}};
  EXPECT_THAT(
      std::string(writer_->Write(BatchOf(types, rows)).status().message()),
      StartsWith("SNK-0101: cannot write '/dev/null/out': "));
}

}  // namespace
}  // namespace millrace::file_sink_test
