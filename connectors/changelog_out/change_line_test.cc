#include "connectors/changelog_out/change_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "connectors/changelog_out/changelog_out_connector.h"
#include "runtime/batch/vector_value.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Type = LogicalType;

std::string Line(const Type& type, const Value& value,
                 RowKind kind = RowKind::kInsert) {
  const std::vector<Type> types = {type};
  const std::vector<std::vector<Value>> rows = {{value}};
  const std::vector<RowKind> kinds = {kind};
  std::string line;
  AppendChangeLine(BatchOf(types, rows, kinds), 0, types, line);
  return line;
}

TEST(ChangeLineTest, WritesEachTypeInItsForm) {
  EXPECT_EQ(Line(Type::BigInt(), Value::Int(-42)), "+I [-42]\n");
  EXPECT_EQ(Line(Type::TinyInt(), Value::Int(7)), "+I [7]\n");
  EXPECT_EQ(Line(Type::Boolean(), Value::Bool(true)), "+I [true]\n");
  EXPECT_EQ(Line(Type::Decimal(10, 3), Value::Int(8680)), "+I [\"8.680\"]\n");
  EXPECT_EQ(Line(Type::Decimal(23, 3), Value::Int128(8684112)),
            "+I [\"8684.112\"]\n");
  EXPECT_EQ(Line(Type::Double(), Value::Double(1e10)), "+I [\"1.0E10\"]\n");
  EXPECT_EQ(Line(Type::Timestamp(3), Value::Int(1436918400030)),
            "+I [\"2015-07-15 00:00:00.030\"]\n");
  EXPECT_EQ(Line(Type::Timestamp(6), Value::Int(1436918400030999)),
            "+I [\"2015-07-15 00:00:00.030\"]\n");
  EXPECT_EQ(Line(Type::Date(), Value::Int(1)), "+I [\"1970-01-02\"]\n");
  EXPECT_EQ(Line(Type::String(), Value::Null()), "+I [null]\n");
  EXPECT_EQ(Line(Type::String(), Value::Text("a\"\\\n\x01\xC3\xA9/")),
            "+I [\"a\\\"\\\\\\u000a\\u0001\xC3\xA9/\"]\n");
}

TEST(ChangeLineTest, BeginsWithTheKind) {
  for (const RowKind kind : {RowKind::kInsert, RowKind::kUpdateBefore,
                             RowKind::kUpdateAfter, RowKind::kDelete}) {
    EXPECT_EQ(Line(Type::Integer(), Value::Int(1), kind),
              std::string(ToString(kind)) + " [1]\n");
  }
}

class InlineExecutor final : public Executor {
  void Post(std::function<void()> work) override { work(); }
};

class ChangelogOutTest : public ::testing::Test {
 protected:
  ChangelogOutTest() { RegisterChangelogOutConnector(registry_); }

  TableDescriptor Table(TableOptions options) {
    options["connector"] = "changelog-out";
    return {.name = "out",
            .columns = {{.name = "a", .type = Type::BigInt()},
                        {.name = "b", .type = Type::String()}},
            .options = std::move(options)};
  }
  const Connector& connector() { return **registry_.Find("changelog-out"); }
  ConnectorContext Context(int subtask, int64_t attempt = 1,
                           std::string job = "j") {
    return {.job_id = std::move(job),
            .attempt = attempt,
            .subtask = subtask,
            .parallelism = 3,
            .background = &executor_,
            .disk = &disk_,
            .wake = [] {}};
  }
  std::unique_ptr<Writer> Open(int subtask, int64_t attempt = 1,
                               std::string job = "j") {
    auto writer =
        connector().MakeWriter(Table({{"path", "/x"}}),
                               Context(subtask, attempt, std::move(job)));
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }
  static void Write(Writer& writer, int64_t a) {
    const std::vector<Type> types = {Type::BigInt(), Type::String()};
    const std::vector<std::vector<Value>> rows = {
        {Value::Int(a), Value::Null()}};
    ASSERT_TRUE(writer.Write(BatchOf(types, rows, {})).ok());
  }
  static Writer::Sealed Seal(Writer& writer, int64_t checkpoint) {
    EXPECT_EQ(*writer.Flush(), Writer::Accepted::kAll);
    return *writer.Seal(CheckpointId(checkpoint));
  }
  void Commit(const Writer::Sealed& sealed) {
    auto committer =
        *connector().MakeCommitter(Table({{"path", "/x"}}), Context(0));
    const absl::Status committed = committer->Commit(sealed.committables);
    EXPECT_TRUE(committed.ok()) << committed;
  }
  // What everybody can see, "name: content".
  std::vector<std::string> Visible() {
    std::vector<std::string> files;
    const auto entries = disk_.List("/x");
    for (const Disk::Entry& entry : *entries) {
      if (entry.is_directory) continue;
      files.push_back(absl::StrCat(
          entry.name, ": ",
          *disk_.Read(absl::StrCat("/x/", entry.name), 0, INT64_MAX)));
    }
    return files;
  }

  SimDisk disk_{1};
  InlineExecutor executor_;
  ConnectorRegistry registry_;
  const std::string path_ = "/x";
};

TEST_F(ChangelogOutTest, ShowsAFileForEachCheckpointThatCompleted) {
  auto writer = Open(2);
  Write(*writer, 1);
  Write(*writer, 2);
  const auto first = Seal(*writer, 1);
  EXPECT_THAT(Visible(), IsEmpty());
  Commit(first);
  Commit(Seal(*writer, 2));
  Write(*writer, 3);
  const auto third = Seal(*writer, 3);
  Commit(third);
  Commit(third);
  writer = nullptr;
  EXPECT_THAT(Visible(),
              UnorderedElementsAre(
                  "part-2: +I [1,null]\n+I [2,null]\n",
                  MatchesRegex(
                      "part-2-0000000003-[0-9a-f]{16}: .I .3,null.\n")));
  EXPECT_THAT(*disk_.List("/x/.staging-j"), IsEmpty());
}

TEST_F(ChangelogOutTest, ARestoredJobGoesOnInFilesOfItsOwn) {
  auto writer = Open(0);
  Write(*writer, 1);
  const auto first = Seal(*writer, 1);
  Write(*writer, 2);  // Its checkpoint never completes.
  Seal(*writer, 2);
  disk_.Kill();
  writer = Open(0, /*attempt=*/2);
  Commit(first);
  ASSERT_TRUE(writer->Restore(first.open).ok());
  Write(*writer, 2);
  Commit(Seal(*writer, 3));
  writer = nullptr;
  EXPECT_THAT(Visible(),
              UnorderedElementsAre(
                  "part-0: +I [1,null]\n",
                  MatchesRegex(
                      "part-0-0000000003-[0-9a-f]{16}: .I .2,null.\n")));
  EXPECT_THAT(*disk_.List("/x/.staging-j"), IsEmpty());
}

TEST_F(ChangelogOutTest, JobsBegunFromOneSavepointOverwriteNothing) {
  const auto first = Seal(*Open(0), 1);
  int64_t row = 0;
  for (const char* job : {"one", "two"}) {
    auto writer = Open(0, /*attempt=*/1, job);
    ASSERT_TRUE(writer->Restore(first.open).ok());
    Write(*writer, ++row);
    Commit(Seal(*writer, 2));
  }
  EXPECT_THAT(Visible(),
              UnorderedElementsAre(EndsWith("+I [1,null]\n"),
                                   EndsWith("+I [2,null]\n")));
}

TEST_F(ChangelogOutTest, ANewJobTakesAwayWhatAnEarlierOneLeft) {
  for (const char* name :
       {"part-0", "part-0-0000000007", "part-0-0000000008-00000000000000ab",
        "part-1", "part-3", "part-1-0000000002", "part-x", "notes"}) {
    ASSERT_TRUE(disk_.MakeDirectory("/x").ok());
    ASSERT_TRUE(disk_.Create(absl::StrCat("/x/", name)).ok());
  }
  auto writer = Open(0);
  Write(*writer, 1);
  Commit(Seal(*writer, 1));
  EXPECT_THAT(Visible(),
              UnorderedElementsAre("part-0: +I [1,null]\n", "part-1: ",
                                   "part-1-0000000002: ", "part-x: ",
                                   "notes: "));
}

TEST_F(ChangelogOutTest, RefusesASecondSinkOfItsFiles) {
  auto writer = Open(0);
  const auto second =
      connector().MakeWriter(Table({{"path", "/x"}}), Context(0));
  EXPECT_THAT(std::string(second.status().message()),
              StartsWith("SNK-0101: cannot write '/x/part-0': another sink is "
                         "writing it"));
  EXPECT_NE(Open(1), nullptr);
}

TEST_F(ChangelogOutTest, TakesTheChangesOfItsMode) {
  EXPECT_EQ(connector().Describe(Table({{"path", path_}}))->sink_mode,
            ChangelogMode::kRetract);
  EXPECT_EQ(connector()
                .Describe(Table({{"path", path_}, {"mode", "upsert"}}))
                ->sink_mode,
            ChangelogMode::kUpsert);
}

TEST_F(ChangelogOutTest, SaysWhatIsWrong) {
  const auto error = [&](TableOptions options) {
    return std::string(
        connector().Describe(Table(std::move(options))).status().message());
  };
  EXPECT_EQ(error({{"path", path_}, {"mode", "append"}}),
            "SQL-0903: option 'mode' = 'append' is not one of retract, upsert. "
            "Write for example 'mode' = 'retract'");
  EXPECT_EQ(error({{"path", path_}, {"mod", "retract"}}),
            "SQL-0901: connector 'changelog-out' has no option 'mod'. Did you "
            "mean 'mode'?");
  EXPECT_EQ(error({{"path", "s3://bucket/x"}}),
            "SQL-0907: option 'path' = 's3://bucket/x' is not local: the "
            "scheme 's3' is not built. Write a path of this machine or "
            "file:///...");
  ASSERT_TRUE(disk_.Create("/file").ok());
  const auto writer =
      connector().MakeWriter(Table({{"path", "/file/x"}}), Context(0));
  EXPECT_THAT(std::string(writer.status().message()),
              StartsWith("SNK-0101: cannot write '/file/x': "));
}

}  // namespace
}  // namespace millrace
