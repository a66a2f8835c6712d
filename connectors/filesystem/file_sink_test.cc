#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/filesystem/output_file.h"
#include "connectors/formats/csv_format.h"
#include "connectors/formats/json/json_format.h"
#include "runtime/base/event_time.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Type = LogicalType;

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
    auto writer = (*registry_.Find("filesystem"))
                      ->MakeWriter(table_, {.subtask = subtask,
                                            .parallelism = 2,
                                            .clock = &clock_});
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
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
      if ((name[0] == '.') != hidden) continue;
      std::ifstream file(entry.path());
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      files[fs::relative(entry.path().parent_path(), root_).string()] +=
          name[0] == '_' ? absl::StrCat("<", name, ">") : text;
    }
    return files;
  }

  const fs::path root_;
  ManualClock clock_;
  ConnectorRegistry registry_;
  TableDescriptor table_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(FileSinkTest, ShowsAPartOnlyWhenItIsWhole) {
  Open();
  Write(1, "x", "y");
  ASSERT_TRUE(writer_->Flush().ok());
  EXPECT_THAT(Files(), IsEmpty());
  ASSERT_TRUE(writer_->Finish().ok());
  EXPECT_THAT(Files(), ElementsAre(Pair(
                           ".", "{\"a\":1,\"dt\":\"x\",\"hm\":\"y\"}\n")));
  EXPECT_THAT(Files(true), IsEmpty());
}

TEST_F(FileSinkTest, WritesPartitionsIntoFoldersWithoutTheirColumns) {
  table_.partition_keys = {"dt", "hm"};
  table_.options["format"] = "csv";
  Open();
  Write(1, "2015-07-15", "00:02");
  Write(2, "2015-07-15", "00:03");
  Write(3, "2015-07-15", "00:02");
  Write(4, Value::Null(), Value::Text(""));
  ASSERT_TRUE(writer_->Finish().ok());
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
  EXPECT_THAT(Files(), IsEmpty());
  Write(2, "x", "y");
  EXPECT_EQ(Files()["."].size(), 52u);
  Write(3, "x", "y");
  clock_.AdvanceBy(absl::Seconds(59));
  ASSERT_TRUE(writer_->Flush().ok());
  EXPECT_EQ(Files()["."].size(), 52u);
  clock_.AdvanceBy(absl::Seconds(1));
  ASSERT_TRUE(writer_->Flush().ok());
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
  EXPECT_THAT(Files(), IsEmpty());
  ASSERT_TRUE(writer_->Advance(180'000).ok());
  EXPECT_THAT(Files(), ElementsAre(Pair("dt=1970-01-01/hm=00%3A02",
                                        ::testing::AllOf(
                                            ::testing::HasSubstr("<_SUCCESS>"),
                                            ::testing::HasSubstr("1")))));
  ASSERT_TRUE(writer_->Advance(kMaxWatermark).ok());
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(FileSinkTest, CommitsPartitionsByTheClock) {
  table_.partition_keys = {"dt", "hm"};
  table_.options["sink.partition-commit.policy.kind"] = "success-file";
  table_.options["sink.partition-commit.delay"] = "10 s";
  table_.options["sink.partition-commit.success-file.name"] = "_DONE";
  Open();
  Write(1, "a", "b");
  ASSERT_TRUE(writer_->Flush().ok());
  EXPECT_THAT(Files(), IsEmpty());
  clock_.AdvanceBy(absl::Seconds(10));
  ASSERT_TRUE(writer_->Flush().ok());
  EXPECT_THAT(Files()["dt=a/hm=b"], ::testing::HasSubstr("<_DONE>"));
}

TEST_F(FileSinkTest, CommitsAPartitionThatAnotherSubtaskIsCommitting) {
  table_.partition_keys = {"dt", "hm"};
  table_.options["sink.partition-commit.policy.kind"] = "success-file";
  Open();
  Write(1, "a", "b");
  const auto others = OutputFile::Create(root_ / "dt=a/hm=b/_SUCCESS");
  ASSERT_TRUE(others.ok()) << others.status();
  const auto finished = writer_->Finish();
  EXPECT_TRUE(finished.ok()) << finished.status();
}

TEST_F(FileSinkTest, KeepsRunsAndSubtasksApart) {
  Open(0);
  Write(1, "x", "y");
  ASSERT_TRUE(writer_->Finish().ok());
  Open(1);
  Write(2, "x", "y");
  ASSERT_TRUE(writer_->Finish().ok());
  clock_.AdvanceBy(absl::Seconds(1));
  Open(0);
  Write(3, "x", "y");
  ASSERT_TRUE(writer_->Finish().ok());
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
      StartsWith("SNK-0101: cannot write '/dev/null/out/.part-"));
}

}  // namespace
}  // namespace millrace
