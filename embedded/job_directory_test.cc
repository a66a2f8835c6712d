#include "embedded/job_directory.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"

namespace millrace {
namespace {

class JobDirectoryTest : public testing::Test {
 protected:
  JobDirectoryTest() : root_(testing::TempDir() + "/" + Name()) {
    std::filesystem::remove_all(root_);
  }
  ~JobDirectoryTest() override { std::filesystem::remove_all(root_); }

  static std::string Name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  absl::StatusOr<std::unique_ptr<JobDirectory>> Open(
      const std::string& identity = "job") {
    return JobDirectory::Open({.root = root_, .identity = identity}, &disk_);
  }

  // A process that completes one checkpoint and is gone.
  void CompleteACheckpoint() {
    const auto directory = *Open();
    CheckpointStore& store = *directory->checkpoints();
    JobRecord record = *store.BeginAttempt(directory->job_id());
    record = *store.ReserveId(record);
    const RetainedCheckpoint written =
        *store.WriteManifest({.job_id = directory->job_id(),
                              .checkpoint = record.last_checkpoint});
    ASSERT_TRUE(store.SwapPointer(record, written, 3).ok());
  }

  PosixDisk disk_;
  const std::string root_;
};

TEST_F(JobDirectoryTest, KeepsItsIdFromProcessToProcess) {
  const std::string first = (*Open())->job_id();
  EXPECT_EQ((*Open())->job_id(), first);
  EXPECT_NE((*Open("another"))->job_id(), first);
}

TEST_F(JobDirectoryTest, RefusesASecondHolder) {
  const auto holder = *Open();
  const auto second = Open();
  EXPECT_THAT(std::string(second.status().message()),
              testing::HasSubstr("JOB-0030"));
}

TEST_F(JobDirectoryTest, GoesOnFromTheLatestCheckpoint) {
  EXPECT_EQ(*(*Open())->Latest(), std::nullopt);
  CompleteACheckpoint();
  const auto latest = *(*Open())->Latest();
  ASSERT_TRUE(latest.has_value());
  EXPECT_EQ(latest->checkpoint, CheckpointId(1));
}

TEST_F(JobDirectoryTest, StartsAnewWithNumbersThatWereNeverUsed) {
  CompleteACheckpoint();
  const auto directory = *Open();
  ASSERT_TRUE(directory->StartAnew().ok());
  EXPECT_EQ(*directory->Latest(), std::nullopt);
  EXPECT_TRUE(directory->objects()->List("")->empty());
  EXPECT_GT(directory->checkpoints()->BeginAttempt(directory->job_id())
                ->attempt,
            1);
}

TEST_F(JobDirectoryTest, AnEndThatNobodyWasToldOfIsStillToBeTold) {
  EXPECT_FALSE(*(*Open())->FinishedUnseen());
  CompleteACheckpoint();
  EXPECT_FALSE(*(*Open())->FinishedUnseen()) << "it has not finished";
  for (int run = 0; run < 2; ++run) {
    const auto directory = *Open();
    CheckpointStore& store = *directory->checkpoints();
    const JobRecord mine = *store.BeginAttempt(directory->job_id());
    EXPECT_FALSE(*directory->FinishedUnseen());
    ASSERT_TRUE(store.Forget(mine).ok());
    EXPECT_TRUE(*directory->FinishedUnseen());
    ASSERT_TRUE(directory->EndSeen().ok());
    EXPECT_FALSE(*directory->FinishedUnseen());
  }
}

TEST_F(JobDirectoryTest, EmptiesWhatOnlyADeadProcessNeeded) {
  const auto path = (*Open())->local_path();
  std::filesystem::create_directories(path + "/store");
  const auto directory = *Open();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(IdentityOfTest, IsTheJobsNameOrItsPlaceInAScript) {
  const std::string named =
      IdentityOf({.pipeline_name = "daily / top", .script_path = "/a.sql"});
  EXPECT_THAT(named, testing::StartsWith("daily___top-"));
  EXPECT_EQ(named, IdentityOf({.pipeline_name = "daily / top",
                               .script_path = "/b.sql"}));
  EXPECT_NE(named, IdentityOf({.pipeline_name = "daily _ top"}));

  const JobOrigin origin = {.script_path = "/a.sql", .job_name = "into_out"};
  JobOrigin second = origin;
  second.ordinal = 1;
  JobOrigin elsewhere = origin;
  elsewhere.script_path = "/b.sql";
  EXPECT_NE(IdentityOf(origin), IdentityOf(second));
  EXPECT_NE(IdentityOf(origin), IdentityOf(elsewhere));
}

}  // namespace
}  // namespace millrace
