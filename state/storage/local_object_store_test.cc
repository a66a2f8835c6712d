#include "state/storage/local_object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<LocalObjectStore> OpenStore(SimDisk& disk,
                                            const std::string& writer = "w") {
  auto store =
      LocalObjectStore::Open(&disk, {.folder = "/s", .writer = writer});
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

// The names of everything below a folder, those on their way too.
std::vector<std::string> AllFiles(SimDisk& disk, const std::string& folder) {
  std::vector<std::string> files;
  const auto entries = disk.List(folder);
  for (const Disk::Entry& entry : *entries) {
    const std::string path = absl::StrCat(folder, "/", entry.name);
    if (!entry.is_directory) {
      files.push_back(path);
      continue;
    }
    for (const std::string& file : AllFiles(disk, path)) {
      files.push_back(file);
    }
  }
  return files;
}

using Change = std::function<absl::Status(LocalObjectStore&)>;

// Makes `change` with the machine ending before each of its steps, one after
// another, until one attempt gets through.
void ForEachStep(
    const Change& change, bool by_power_cut,
    const std::function<void(LocalObjectStore&, SimDisk&, bool is_done)>&
        check) {
  bool is_done = false;
  int step = 0;
  while (!is_done) {
    ASSERT_LT(++step, 30);
    for (uint64_t seed = 0; seed < 30; ++seed) {
      SimDisk disk(seed);
      auto store = OpenStore(disk);
      ASSERT_TRUE(WriteDurably(disk, "/source", "bytes").ok());
      ASSERT_TRUE(store->Put("j/other", "other").ok());
      disk.StopBefore(step);
      is_done = change(*store).ok();
      by_power_cut ? disk.PowerCut() : disk.Kill();
      store = OpenStore(disk);
      check(*store, disk, is_done);
      EXPECT_EQ(*store->Get("j/other", 0, 99), "other");
    }
  }
}

TEST(LocalObjectStoreTest, APutIsWholeOrNothingAtEveryStep) {
  const Change changes[] = {
      [](LocalObjectStore& s) { return s.Put("j/chk-1/f", "bytes"); },
      [](LocalObjectStore& s) { return s.PutFile("j/chk-1/f", "/source"); }};
  for (const Change& change : changes) {
    for (const bool by_power_cut : {false, true}) {
      int found = 0, missing = 0;
      ForEachStep(change, by_power_cut,
                  [&](LocalObjectStore& store, SimDisk& disk, bool is_done) {
                    const auto bytes = store.Get("j/chk-1/f", 0, 99);
                    ++(bytes.ok() ? found : missing);
                    if (bytes.ok()) {
                      EXPECT_EQ(*bytes, "bytes");
                    } else {
                      EXPECT_TRUE(absl::IsNotFound(bytes.status()));
                      EXPECT_FALSE(is_done);
                    }
                    // Nothing is left on its way.
                    EXPECT_EQ(AllFiles(disk, "/s").size(),
                              bytes.ok() ? 2 : 1);
                  });
      EXPECT_GT(found, 0);
      EXPECT_GT(missing, 0);
    }
  }
}

// SQLite's way: the i-th call fails, for every i.
TEST(LocalObjectStoreTest, APutWhoseIthChangeFailsMayBeRepeated) {
  for (int nth = 1; nth < 12; ++nth) {
    for (const auto code : {absl::StatusCode::kUnavailable,
                            absl::StatusCode::kResourceExhausted}) {
      SimDisk disk(nth);
      const auto store = OpenStore(disk);
      disk.FailChange(nth, code);
      const absl::Status first = store->Put("j/f", "bytes");
      if (!first.ok()) {
        EXPECT_EQ(first.code(), code);
        ASSERT_TRUE(store->Put("j/f", "bytes").ok());
      }
      disk.PowerCut();
      EXPECT_EQ(*OpenStore(disk)->Get("j/f", 0, 99), "bytes");
    }
  }
}

TEST(LocalObjectStoreTest, AFullDiskLeavesNoPart) {
  SimDisk disk(1);
  const auto store = OpenStore(disk);
  disk.set_faults({.capacity_bytes = 10});
  EXPECT_TRUE(absl::IsResourceExhausted(store->Put("a", "0123456789012345")));
  EXPECT_TRUE(absl::IsNotFound(store->Get("a", 0, 99).status()));
  EXPECT_TRUE(store->Put("b", "0123456789").ok());
}

// A file system that refuses links, as /tmp beside /data does.
class Linkless final : public Disk {
 public:
  explicit Linkless(Disk* disk) : disk_(disk) {}

  absl::Status Link(const std::string&, const std::string& to) override {
    return absl::FailedPreconditionError(to + ": another device");
  }
  absl::StatusOr<std::unique_ptr<File>> Create(
      const std::string& path) override {
    return disk_->Create(path);
  }
  absl::StatusOr<std::string> Read(const std::string& path, int64_t offset,
                                   int64_t length) override {
    return disk_->Read(path, offset, length);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return disk_->Rename(from, to);
  }
  absl::Status Remove(const std::string& path) override {
    return disk_->Remove(path);
  }
  absl::StatusOr<std::vector<Entry>> List(const std::string& path) override {
    return disk_->List(path);
  }
  absl::Status MakeDirectory(const std::string& path) override {
    return disk_->MakeDirectory(path);
  }
  absl::Status SyncDirectory(const std::string& path) override {
    return disk_->SyncDirectory(path);
  }
  absl::Status SyncFile(const std::string& path) override {
    return disk_->SyncFile(path);
  }
  absl::StatusOr<std::unique_ptr<Lock>> Acquire(const std::string& path,
                                                IfHeld if_held) override {
    return disk_->Acquire(path, if_held);
  }

 private:
  Disk* const disk_;
};

TEST(LocalObjectStoreTest, CopiesWhereItCannotLink) {
  SimDisk disk(1);
  Linkless linkless(&disk);
  auto store = LocalObjectStore::Open(&linkless, {.folder = "/s"});
  const std::string bytes((2 << 20) + 5, 'b');
  ASSERT_TRUE(WriteDurably(disk, "/source", bytes).ok());
  ASSERT_TRUE((*store)->PutFile("a/b", "/source").ok());
  disk.PowerCut();
  EXPECT_TRUE(*(*store)->Get("a/b", 0, bytes.size()) == bytes);
  EXPECT_THAT(AllFiles(disk, "/s"), ElementsAre("/s/a/b"));
}

TEST(LocalObjectStoreTest, SweepsWhatDeadWritersLeft) {
  SimDisk disk(1);
  for (const char* writer : {"dead", "alive"}) {
    const auto store = OpenStore(disk, writer);
    disk.StopBefore(4);  // Create, Append, Sync, and no more.
    EXPECT_FALSE(store->Put("a", "bytes").ok());
    disk.Kill();
  }
  const auto store = OpenStore(disk, "mine");
  EXPECT_EQ(AllFiles(disk, "/s").size(), 2);
  ASSERT_TRUE(store
                  ->SweepWriters([](absl::string_view writer) {
                    return writer == "alive";
                  })
                  .ok());
  EXPECT_THAT(AllFiles(disk, "/s"), ElementsAre("/s/.writing/alive/0"));
  ASSERT_TRUE(store->Put("a", "bytes").ok());
}

TEST(LocalObjectStoreTest, NamesStayWithinTheFolder) {
  SimDisk disk(1);
  const auto store = OpenStore(disk);
  for (const char* name :
       {"", "/a", "a/", "a//b", "../a", "a/../../b", ".writing/w/0", "a/.b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(store->Put(name, "x"))) << name;
    EXPECT_TRUE(absl::IsInvalidArgument(store->Get(name, 0, 1).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store->Delete(name))) << name;
  }
}

TEST(LocalObjectStoreTest, FoldersThatBecomeEmptyGo) {
  SimDisk disk(1);
  const auto store = OpenStore(disk);
  ASSERT_TRUE(store->Put("j/chk-1/manifest", "x").ok());
  ASSERT_TRUE(store->Put("j/shared/1", "x").ok());
  ASSERT_TRUE(store->Delete("j/chk-1/manifest").ok());
  EXPECT_EQ(disk.List("/s/j")->size(), 1);
  ASSERT_TRUE(store->Delete("j/shared/1").ok());
  EXPECT_EQ(disk.List("/s")->size(), 1);  // .writing
}

}  // namespace
}  // namespace millrace
