#include "runtime/base/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "runtime/base/posix_disk.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// What disk.h promises, of the real one and of the model.
class DiskTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("posix")) {
      folder_ = absl::StrCat(testing::TempDir(), "/disk_test_", getpid());
      std::filesystem::remove_all(folder_);
      disk_ = std::make_unique<PosixDisk>();
    } else {
      folder_ = "/disk";
      disk_ = std::make_unique<SimDisk>(1);
    }
    ASSERT_TRUE(disk_->MakeDirectory(folder_).ok());
  }
  void TearDown() override { ASSERT_TRUE(RemoveTree(*disk_, folder_).ok()); }

  std::string At(absl::string_view name) {
    return absl::StrCat(folder_, "/", name);
  }
  void Write(absl::string_view name, absl::string_view bytes) {
    auto file = disk_->Create(At(name));
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append(bytes).ok());
    ASSERT_TRUE((*file)->Sync().ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  std::string Read(absl::string_view name) {
    const auto bytes = disk_->Read(At(name));
    return bytes.ok() ? *bytes : bytes.status().ToString();
  }
  std::vector<std::string> Names(absl::string_view name) {
    std::vector<std::string> names;
    const auto entries = disk_->List(At(name));
    EXPECT_TRUE(entries.ok()) << entries.status();
    for (const Disk::Entry& entry : *entries) {
      names.push_back(absl::StrCat(entry.name, entry.is_directory ? "/" : " ",
                                   entry.size_bytes));
    }
    return names;
  }

  std::string folder_;
  std::unique_ptr<Disk> disk_;
};

TEST_P(DiskTest, ReadsWhatWasWrittenAndRangesOfIt) {
  Write("a", "0123456789");
  EXPECT_EQ(Read("a"), "0123456789");
  EXPECT_EQ(*disk_->Read(At("a"), 3, 4), "3456");
  EXPECT_EQ(*disk_->Read(At("a"), 8, 4), "89");
  EXPECT_EQ(*disk_->Read(At("a"), 10, 4), "");
  EXPECT_EQ(*disk_->Read(At("a"), 99), "");
  EXPECT_EQ(disk_->Read(At("b")).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(DiskTest, CreateLeavesTheOtherNamesOfABytesAlone) {
  Write("a", "old");
  ASSERT_TRUE(disk_->Link(At("a"), At("link")).ok());
  Write("a", "new");
  EXPECT_EQ(Read("a"), "new");
  EXPECT_EQ(Read("link"), "old");
  EXPECT_TRUE(absl::IsAlreadyExists(disk_->Link(At("a"), At("link"))));
  EXPECT_TRUE(absl::IsNotFound(disk_->Link(At("none"), At("other"))));
}

TEST_P(DiskTest, RenameReplaces) {
  Write("a", "1");
  Write("b", "2");
  ASSERT_TRUE(disk_->Rename(At("a"), At("b")).ok());
  EXPECT_EQ(Read("b"), "1");
  EXPECT_THAT(Names(""), UnorderedElementsAre("b 1"));
  EXPECT_TRUE(absl::IsNotFound(disk_->Rename(At("a"), At("b"))));
  EXPECT_TRUE(absl::IsNotFound(disk_->Rename(At("b"), At("none/b"))));
}

TEST_P(DiskTest, MakesListsAndRemovesFolders) {
  ASSERT_TRUE(disk_->MakeDirectory(At("x/y/z")).ok());
  ASSERT_TRUE(disk_->MakeDirectory(At("x/y/z")).ok());
  Write("x/y/file", "123");
  EXPECT_THAT(Names("x/y"), UnorderedElementsAre("z/0", "file 3"));
  EXPECT_THAT(Names("nowhere"), IsEmpty());
  EXPECT_TRUE(disk_->Remove(At("nowhere")).ok());
  EXPECT_TRUE(disk_->Remove(At("nowhere/at/all")).ok());
  EXPECT_TRUE(disk_->Remove(At("x/y/z")).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_->Remove(At("x"))));
  EXPECT_TRUE(absl::IsFailedPrecondition(disk_->Read(At("x")).status()));
  EXPECT_FALSE(disk_->MakeDirectory(At("x/y/file/below")).ok());
  ASSERT_TRUE(RemoveTree(*disk_, At("x")).ok());
  ASSERT_TRUE(RemoveTree(*disk_, At("x")).ok());
  EXPECT_THAT(Names(""), IsEmpty());
}

TEST_P(DiskTest, WriteDurablyReplacesAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteDurably(*disk_, At("a"), "1").ok());
  ASSERT_TRUE(WriteDurably(*disk_, At("a"), "22").ok());
  EXPECT_THAT(Names(""), UnorderedElementsAre("a 2"));
  EXPECT_TRUE(absl::IsNotFound(WriteDurably(*disk_, At("none/a"), "1")));
}

TEST_P(DiskTest, ALockHasOneHolder) {
  auto lock = disk_->Acquire(At("lock"), Disk::IfHeld::kWait);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(
      disk_->Acquire(At("lock"), Disk::IfHeld::kFail).status()));
  EXPECT_TRUE(disk_->Acquire(At("other"), Disk::IfHeld::kFail).ok());
  lock->reset();
  EXPECT_TRUE(disk_->Acquire(At("lock"), Disk::IfHeld::kFail).ok());
}

TEST_P(DiskTest, FilesOfOthersAreSynced) {
  Write("a", "1");
  EXPECT_TRUE(disk_->SyncFile(At("a")).ok());
  EXPECT_TRUE(absl::IsNotFound(disk_->SyncFile(At("b"))));
  EXPECT_TRUE(absl::IsNotFound(disk_->SyncDirectory(At("b"))));
}

INSTANTIATE_TEST_SUITE_P(All, DiskTest, testing::Values("posix", "sim"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

TEST(DiskErrorTest, SaysWhoActs) {
  const struct {
    int error;
    absl::StatusCode code;
    const char* fix;
  } kCases[] = {
      {ENOENT, absl::StatusCode::kNotFound, "No such file"},
      {ENOSPC, absl::StatusCode::kResourceExhausted, "Free space there"},
      {EDQUOT, absl::StatusCode::kResourceExhausted, "Free space there"},
      {EMFILE, absl::StatusCode::kResourceExhausted, "ulimit -n"},
      {EACCES, absl::StatusCode::kPermissionDenied, "Give the user"},
      {EROFS, absl::StatusCode::kPermissionDenied, "Mount the file system"},
      {EIO, absl::StatusCode::kUnavailable, "dmesg"},
      {EXDEV, absl::StatusCode::kFailedPrecondition, "cross-device"},
  };
  for (const auto& c : kCases) {
    const absl::Status status = DiskError(c.error, "write", "/data/x");
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("JOB-0040: cannot write /data/x: "));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.fix));
  }
}

// The kernel takes a part of the bytes, and then none: what a full disk does.
TEST(PosixDiskTest, AWriteThatIsTakenInPartGoesOnUntilTheError) {
  const std::string path =
      absl::StrCat(testing::TempDir(), "/disk_limit_", getpid());
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    PosixDisk disk;
    auto file = disk.Create(path);
    const bool is_refused =
        absl::IsResourceExhausted((*file)->Append(std::string(1500, 'x')));
    _exit(is_refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  PosixDisk disk;
  EXPECT_EQ(disk.Read(path, 0, 9999)->size(), 1000);
  ASSERT_TRUE(disk.Remove(path).ok());
}

TEST(FolderOfTest, IsWhatStandsBeforeTheName) {
  EXPECT_EQ(FolderOf("a/b/c"), "a/b");
  EXPECT_EQ(FolderOf("/a"), "/");
  EXPECT_EQ(FolderOf("/"), "/");
  EXPECT_EQ(FolderOf("a"), ".");
  EXPECT_EQ(FolderOf("a/b/"), "a");
}

// The machine ends before each step of a WriteDurably: what is found afterwards
// is the old or the new, whole, and once it was OK it is the new.
TEST(PowerCutTest, WriteDurablyIsAllOrNothingAtEveryStep) {
  const std::string before(100, 'o');
  const std::string after(300, 'n');
  int was_old = 0, was_new = 0;
  for (int step = 1; step <= 7; ++step) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
      SimDisk disk(seed);
      ASSERT_TRUE(disk.MakeDirectory("/d/e").ok());
      ASSERT_TRUE(WriteDurably(disk, "/d/e/f", before).ok());
      disk.StopBefore(step);
      const bool is_done = WriteDurably(disk, "/d/e/f", after).ok();
      EXPECT_EQ(is_done, step == 7) << step;
      disk.PowerCut();
      const auto found = disk.Read("/d/e/f", 0, 1000);
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_TRUE(*found == after || (*found == before && !is_done));
      ++(*found == after ? was_new : was_old);
    }
  }
  EXPECT_GT(was_old, 0);
  EXPECT_GT(was_new, 0);
}

TEST(PowerCutTest, WhatWasNotSyncedIsLostNowAndThen) {
  int lost_names = 0, cut_bytes = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimDisk disk(seed);
    ASSERT_TRUE(disk.MakeDirectory("/d").ok());
    auto file = disk.Create("/d/f");
    ASSERT_TRUE((*file)->Append("synced").ok());
    ASSERT_TRUE((*file)->Sync().ok());
    ASSERT_TRUE((*file)->Append("unsynced").ok());
    disk.PowerCut();
    EXPECT_FALSE((*file)->Append("more").ok());
    const auto found = disk.Read("/d/f", 0, 1000);
    if (!found.ok()) {
      ++lost_names;
    } else {
      EXPECT_EQ(found->substr(0, 6), "synced");
      cut_bytes += *found != "syncedunsynced";
    }
  }
  EXPECT_GT(lost_names, 20);
  EXPECT_GT(cut_bytes, 20);
}

TEST(PowerCutTest, AKillAloneLosesNothing) {
  SimDisk disk(1);
  ASSERT_TRUE(disk.MakeDirectory("/d").ok());
  auto file = disk.Create("/d/f");
  ASSERT_TRUE((*file)->Append("unsynced").ok());
  const auto lock = disk.Acquire("/d/lock", Disk::IfHeld::kFail);
  ASSERT_TRUE(lock.ok());
  disk.Kill();
  EXPECT_EQ(*disk.Read("/d/f", 0, 1000), "unsynced");
  EXPECT_TRUE(disk.Acquire("/d/lock", Disk::IfHeld::kFail).ok());
}

TEST(PowerCutTest, BytesWhoseSyncFailedAreNotSavedByALaterOne) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    auto file = disk.Create("/f");
    ASSERT_TRUE((*file)->Append("bytes").ok());
    disk.FailChange(1, absl::StatusCode::kUnavailable);
    EXPECT_TRUE(absl::IsUnavailable((*file)->Sync()));
    EXPECT_TRUE((*file)->Sync().ok());
    ASSERT_TRUE(disk.SyncDirectory("/").ok());
    disk.PowerCut();
    lost += *disk.Read("/f", 0, 1000) != "bytes";
  }
  EXPECT_GT(lost, 20);
}

TEST(SimDiskTest, AFullDiskTakesAPartAndSaysSo) {
  SimDisk disk(1);
  disk.set_faults({.capacity_bytes = 10});
  auto file = disk.Create("/f");
  ASSERT_TRUE((*file)->Append("123456").ok());
  EXPECT_TRUE(absl::IsResourceExhausted((*file)->Append("7890123")));
  EXPECT_EQ(disk.Read("/f", 0, 1000)->size(), 10);
  EXPECT_EQ(disk.counts().no_space, 1);
}

}  // namespace
}  // namespace millrace
