#include "embedded/savepoint_desk.h"

#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

class SavepointDeskTest : public testing::Test {
 protected:
  SavepointDeskTest() { std::filesystem::remove_all(root_); }
  ~SavepointDeskTest() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<JobDirectory> Open(const std::string& identity) {
    return *JobDirectory::Open({.root = root_, .identity = identity}, &disk_);
  }

  // A checkpoint of the job with one file.
  Manifest WriteCheckpoint(JobDirectory& directory) {
    const std::string name = directory.job_id() + "/shared/x";
    const std::string bytes = "what it remembers";
    EXPECT_TRUE(directory.objects()->Put(name, bytes).ok());
    KeyedPart part = {.groups = {KeyGroup(0), KeyGroup(128)}};
    part.files.push_back({.blob = {.file = FileRef{
        name, static_cast<int64_t>(bytes.size()), Crc32c(bytes)}}});
    Manifest manifest = {.job_id = directory.job_id(),
                         .checkpoint = CheckpointId(7)};
    manifest.operators.push_back({.uid = "count"});
    manifest.operators[0].parts.push_back(part);
    manifest.operators[0].lists = {{.name = "watermark", .items = {"5"}},
                                   {.name = "pending",
                                    .items = {EncodePendingItem({})}},
                                   {.name = "open", .items = {"another"}}};
    EXPECT_TRUE(directory.objects()
                    ->Put(ManifestName(directory.job_id(), CheckpointId(7)),
                          EncodeManifest(manifest))
                    .ok());
    return manifest;
  }

  PosixDisk disk_;
  const std::string root_ = absl::StrCat(
      testing::TempDir(), "/savepoint_desk_test-", getpid());
};

TEST_F(SavepointDeskTest, AnswersWhoAsks) {
  const auto directory = Open("job");
  SavepointDesk desk(*directory, &disk_);
  EXPECT_TRUE(desk.Take().empty());
  absl::StatusOr<std::string> answer;
  std::thread asker([&] {
    answer = SavepointDesk::Ask(directory->path(), SavepointDesk::Wish::kDrain,
                                "/backup", absl::Seconds(60), &disk_);
  });
  std::vector<SavepointDesk::Request> requests;
  while (requests.empty()) requests = desk.Take();
  EXPECT_EQ(requests[0].wish, SavepointDesk::Wish::kDrain);
  EXPECT_EQ(requests[0].target, "/backup");
  EXPECT_TRUE(desk.Take().empty()) << "each is taken once";
  desk.Answer(requests[0].name, "/backup/savepoint-1");
  asker.join();
  EXPECT_EQ(*answer, "/backup/savepoint-1");
  EXPECT_TRUE(disk_.List(directory->path() + "/requests")->empty());
}

TEST_F(SavepointDeskTest, TellsWhoAsksThatNobodyIsThereAnyMore) {
  const std::string path = Open("job")->path();
  const auto answer =
      SavepointDesk::Ask(path, SavepointDesk::Wish::kSavepoint, "/backup",
                         absl::Minutes(11), &disk_);
  EXPECT_THAT(std::string(answer.status().message()),
              testing::HasSubstr("JOB-0037"));
  EXPECT_TRUE(disk_.List(path + "/requests")->empty());
}

TEST_F(SavepointDeskTest, RefusesAWishItDoesNotKnow) {
  const auto directory = Open("job");
  SavepointDesk desk(*directory, &disk_);
  const std::string folder = directory->path() + "/requests";
  ASSERT_TRUE(disk_.MakeDirectory(folder).ok());
  ASSERT_TRUE(WriteDurably(disk_, folder + "/1.request", "/backup").ok());
  EXPECT_TRUE(desk.Take().empty());
  Disk& disk = disk_;
  EXPECT_THAT(*disk.Read(folder + "/1.answer"),
              testing::HasSubstr("another version"));
}

TEST_F(SavepointDeskTest, ForgetsWhatWasAskedOfAProcessBefore) {
  const auto directory = Open("job");
  const std::string folder = directory->path() + "/requests";
  ASSERT_TRUE(disk_.MakeDirectory(folder).ok());
  ASSERT_TRUE(WriteDurably(disk_, folder + "/1.request", "/backup").ok());
  EXPECT_TRUE(SavepointDesk(*directory, &disk_).Take().empty());
}

TEST_F(SavepointDeskTest, ASavepointStandsByItself) {
  const auto first = Open("first");
  const Manifest manifest = WriteCheckpoint(*first);
  const std::string path =
      *first->WriteSavepoint(CheckpointId(7), root_ + "/out");
  std::filesystem::remove_all(first->path());

  const auto second = Open("second");
  const Manifest read = *second->ReadSavepoint(path, RestoreMode::kFork);
  EXPECT_EQ(read.job_id, second->job_id());
  EXPECT_TRUE(read.is_savepoint);
  const FileRef& file = *read.operators[0].parts[0].files[0].blob.file;
  EXPECT_EQ(*second->objects()->Get(file.name), "what it remembers");
}

TEST_F(SavepointDeskTest, OutputThatWaitsIsLeftToWhoseItIs) {
  const auto first = Open("first");
  const auto second = Open("second");
  WriteCheckpoint(*first);
  const std::string path =
      *first->WriteSavepoint(CheckpointId(7), root_ + "/out");
  const auto lists = [&](JobDirectory& directory, RestoreMode mode) {
    std::vector<std::string> names;
    const Manifest read = *directory.ReadSavepoint(path, mode);
    for (const ItemList& list : read.operators[0].lists) {
      names.push_back(list.name);
    }
    return names;
  };
  EXPECT_THAT(lists(*second, RestoreMode::kFork),
              testing::ElementsAre("watermark"));
  EXPECT_THAT(lists(*second, RestoreMode::kClaim),
              testing::ElementsAre("watermark", "pending", "open"));
  EXPECT_THAT(lists(*first, RestoreMode::kFork),
              testing::ElementsAre("watermark", "pending", "open"))
      << "nobody else would commit it";
}

TEST_F(SavepointDeskTest, AFolderWithoutAManifestIsNone) {
  const auto directory = Open("job");
  const auto read = directory->ReadSavepoint(root_, RestoreMode::kFork);
  EXPECT_THAT(std::string(read.status().message()),
              testing::HasSubstr("JOB-0036"));
}

TEST_F(SavepointDeskTest, ADamagedFileIsNotTaken) {
  const auto directory = Open("job");
  WriteCheckpoint(*directory);
  const std::string path =
      *directory->WriteSavepoint(CheckpointId(7), root_ + "/out");
  ASSERT_TRUE(WriteDurably(disk_, path + "/state-0", "what it rememberz").ok());
  EXPECT_TRUE(absl::IsDataLoss(
      directory->ReadSavepoint(path, RestoreMode::kFork).status()));
}

}  // namespace
}  // namespace millrace
