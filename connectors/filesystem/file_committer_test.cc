#include "connectors/filesystem/file_committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "connectors/filesystem/partition_mark.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/error.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = FileCommit::Kind;

constexpr char kStaging[] = "/t/.staging-j";

// Parts of the partition /t/p, staged by attempts of job j.
class FileCommitterTest : public ::testing::Test {
 protected:
  // A part begun after checkpoint `begun_after`, as a committable.
  Committable Stage(const std::string& name, int64_t begun_after = 0,
                    int64_t attempt = 1) {
    const StagedName staged = {.attempt = attempt,
                               .begun_after = begun_after,
                               .partition = PartitionHash("/t/p"),
                               .name = name};
    const std::string path = absl::StrCat(kStaging, "/", staged.ToString());
    EXPECT_TRUE(disk_.MakeDirectory(kStaging).ok());
    auto file = disk_.Create(path);
    EXPECT_TRUE(file.ok() && (*file)->Append(name).ok());
    EXPECT_TRUE((*file)->Sync().ok() && disk_.SyncDirectory(kStaging).ok());
    return FileCommit{.from = path, .to = "/t/p/" + name}.ToCommittable();
  }
  static Committable Mark(int64_t writer) {
    return FileCommit{.kind = Kind::kMark,
                      .from = kStaging,
                      .to = "/t/p",
                      .name = "_DONE",
                      .second = writer}
        .ToCommittable();
  }
  static Committable Epoch(int64_t checkpoint) {
    return FileCommit{.kind = Kind::kEpoch, .first = checkpoint}
        .ToCommittable();
  }
  static Committable Sweep(int64_t attempt) {
    return FileCommit{
        .kind = Kind::kSweep, .from = kStaging, .first = attempt}
        .ToCommittable();
  }
  absl::Status Commit(const std::vector<Committable>& committables) {
    return FileCommitter(&disk_, kStaging).Commit(committables);
  }
  std::vector<std::string> Names(const std::string& folder) {
    std::vector<std::string> names;
    const auto entries = disk_.List(folder);
    for (const Disk::Entry& entry : *entries) names.push_back(entry.name);
    std::sort(names.begin(), names.end());
    return names;
  }

  SimDisk disk_{1};
};

TEST_F(FileCommitterTest, CommitsAPartAsOftenAsItIsAsked) {
  const Committable part = Stage("a");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Commit({part}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("a"));
  EXPECT_EQ(*disk_.Read("/t/p/a", 0, 9), "a");
  EXPECT_THAT(Names("/t"), ElementsAre("p"));  // Nothing is staged.
}

TEST_F(FileCommitterTest, SaysThatAPartIsNowhere) {
  const Committable part = Stage("a");
  ASSERT_TRUE(Commit({part}).ok());
  ASSERT_TRUE(disk_.Remove("/t/p/a").ok());
  const absl::Status missing = Commit({part});
  EXPECT_EQ(ErrorCode(missing), "SNK-0104");
  EXPECT_TRUE(absl::IsDataLoss(missing));
}

TEST_F(FileCommitterTest, APowerCutTakesNoCommittedPartBack) {
  for (int seed = 0; seed < 20; ++seed) {
    const std::string name = absl::StrCat("part-", seed);
    ASSERT_TRUE(Commit({Stage(name)}).ok());
    disk_.PowerCut();
    EXPECT_EQ(*disk_.Read("/t/p/" + name, 0, 99), name);
  }
}

TEST_F(FileCommitterTest, GivesUpWhatIsAborted) {
  const Committable part = Stage("a");
  FileCommitter committer(&disk_, kStaging);
  ASSERT_TRUE(committer.Abort({part, Epoch(1)}).ok());
  EXPECT_THAT(Names(kStaging), IsEmpty());
}

TEST_F(FileCommitterTest, RefusesWhatItDidNotMake) {
  for (const char* bytes : {"", "1", "2\0part", "nonsense"}) {
    EXPECT_TRUE(absl::IsDataLoss(Commit({Committable{bytes}}))) << bytes;
  }
}

TEST_F(FileCommitterTest, MarksAPartitionWhenTheLastSubtaskHasCommitted) {
  const Committable mine = Stage("a");
  const Committable others = Stage("b");
  ASSERT_TRUE(Commit({mine, Mark(1), Epoch(5)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("a"));
  ASSERT_TRUE(Commit({others, Mark(2), Epoch(5)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("_DONE", "a", "b"));
  EXPECT_THAT(Names("/t"), ElementsAre("p"));
}

TEST_F(FileCommitterTest, WhoeverCommitsLastMarksThoughItNeverAskedTo) {
  const Committable mine = Stage("a");
  const Committable others = Stage("b");
  ASSERT_TRUE(Commit({mine, Mark(1), Epoch(5)}).ok());
  ASSERT_TRUE(Commit({others, Epoch(7)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("_DONE", "a", "b"));
}

TEST_F(FileCommitterTest, LaterRowsDoNotKeepAPartitionFromBeingMarked) {
  const Committable mine = Stage("a");
  Stage("b", /*begun_after=*/5);
  ASSERT_TRUE(Commit({mine, Mark(1), Epoch(5)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("_DONE", "a"));
}

TEST_F(FileCommitterTest, AMarkOfAnAbortedCheckpointIsOfTheNext) {
  // Sealed for 5, which was given up; b was begun behind it and belongs to 6.
  const Committable mine = Stage("a");
  const Committable others = Stage("b", /*begun_after=*/5);
  ASSERT_TRUE(Commit({mine, Mark(1), Epoch(5), Epoch(6)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("a"));
  ASSERT_TRUE(Commit({others, Epoch(6)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("_DONE", "a", "b"));
}

TEST_F(FileCommitterTest, SweepsWhatDeadAttemptsLeftAndMarksWhatWaitedForIt) {
  const Committable mine = Stage("a", 0, /*attempt=*/2);
  Stage("dead", 0, /*attempt=*/1);
  Stage("own", 5, /*attempt=*/2);
  for (const char* lock : {"lock.1.part-0", "lock.2.part-0"}) {
    ASSERT_TRUE(disk_.Create(absl::StrCat(kStaging, "/", lock)).ok());
  }
  ASSERT_TRUE(Commit({mine, Mark(1), Epoch(5)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("a"));
  ASSERT_TRUE(Commit({Sweep(2)}).ok());
  EXPECT_THAT(Names("/t/p"), ElementsAre("_DONE", "a"));
  ASSERT_EQ(Names(kStaging).size(), 2u);
  EXPECT_TRUE(absl::EndsWith(Names(kStaging)[0], ".own"));
  EXPECT_EQ(Names(kStaging)[1], "lock.2.part-0");
}

}  // namespace
}  // namespace millrace
