#include "state/storage/pending_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/storage/local_object_store.h"
#include "state/storage/savepoint.h"
#include "state/storage/savepoint_folder.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FileRef File(std::string name, absl::string_view bytes) {
  return {.name = std::move(name),
          .size_bytes = static_cast<int64_t>(bytes.size()),
          .crc32c = Crc32c(bytes)};
}

TEST(PendingOutputTest, ComesBackAsItWas) {
  const std::string item = EncodePendingItem(
      {{.checkpoint = CheckpointId(3), .bytes = "a\n1 2"},
       {.checkpoint = CheckpointId(4),
        .bytes = "",
        .files = {File("j/x", "four"), File("j/y", "")}}});
  const auto pieces = DecodePendingItem(item);
  ASSERT_TRUE(pieces.ok()) << pieces.status();
  ASSERT_THAT(*pieces, SizeIs(2));
  EXPECT_EQ(pieces->at(0).checkpoint, CheckpointId(3));
  EXPECT_EQ(pieces->at(0).bytes, "a\n1 2");
  EXPECT_THAT(pieces->at(0).files, IsEmpty());
  EXPECT_EQ(pieces->at(1).bytes, "");
  EXPECT_THAT(pieces->at(1).files,
              ElementsAre(File("j/x", "four"), File("j/y", "")));
  for (size_t size = 2; size < item.size(); ++size) {
    const auto cut = DecodePendingItem(item.substr(0, size));
    EXPECT_TRUE(!cut.ok() || cut->size() < 2) << size;
  }
}

TEST(PendingOutputTest, WithoutFilesIsWrittenAsItAlwaysWas) {
  EXPECT_EQ(EncodePendingItem({{.checkpoint = CheckpointId(7), .bytes = "ab"}}),
            "1\n7 2\nab");
  EXPECT_FALSE(DecodePendingItem("3\n7 2\nab").ok());
  EXPECT_FALSE(DecodePendingItem("").ok());
}

// A checkpoint whose sink left one piece with a file.
Manifest WithOutput(const FileRef& file) {
  Manifest manifest = {.job_id = "job", .checkpoint = CheckpointId(5)};
  OperatorSnapshot& sink = manifest.operators.emplace_back();
  sink.uid = "sink";
  sink.lists.push_back(
      {.name = "pending",
       .items = {EncodePendingItem({{.checkpoint = CheckpointId(5),
                                     .bytes = "epoch",
                                     .files = {file}}})}});
  return manifest;
}

TEST(PendingOutputTest, ItsFilesAreTheCheckpoints) {
  const FileRef file = File("job/shared/1-out-0-0-1", "rows");
  EXPECT_THAT(FilesOf(WithOutput(file)), ElementsAre(file));
}

TEST(PendingOutputTest, ASavepointHasTheFilesAndWhoClaimsItToo) {
  SimDisk disk(1);
  const auto open = [&](const char* folder) {
    return *LocalObjectStore::Open(&disk, {.folder = folder});
  };
  const auto checkpoints = open("/chk");
  const auto savepoint = open("/savepoint");
  const auto others = open("/others");
  const FileRef file = File("job/shared/1-out-0-0-1", "rows");
  ASSERT_TRUE(checkpoints->Put(file.name, "rows").ok());
  ASSERT_TRUE(
      ExportSavepoint(WithOutput(file), *checkpoints, *savepoint).ok());
  ASSERT_TRUE(checkpoints->Delete(file.name).ok());
  const auto claimed = ReadSavepointFolder("/savepoint", RestoreMode::kClaim,
                                           "other", *others, &disk);
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_THAT(FilesOf(*claimed),
              ElementsAre(File("other/shared/savepoint-0", "rows")));
  EXPECT_EQ(*others->Get("other/shared/savepoint-0", 0, 100), "rows");
  // A fork needs none of them.
  ASSERT_TRUE(savepoint->Delete("state-0").ok());
  const auto forked = ReadSavepointFolder("/savepoint", RestoreMode::kFork,
                                          "third", *others, &disk);
  ASSERT_TRUE(forked.ok()) << forked.status();
  EXPECT_THAT(FilesOf(*forked), IsEmpty());
  EXPECT_FALSE(ReadSavepointFolder("/savepoint", RestoreMode::kClaim, "other",
                                   *others, &disk)
                   .ok());
}

}  // namespace
}  // namespace millrace
