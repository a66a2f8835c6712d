#include "state/storage/ha_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/rng.h"
#include "state/storage/envelope.h"
#include "state/storage/local_ha_store.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"

namespace millrace {
namespace {

// A disk at which something may happen just before a link or a lock, or that
// has no links.
class StillDisk final : public Disk {
 public:
  explicit StillDisk(Disk* under) : under_(under) {}

  std::function<void()> before_link;
  std::function<void()> before_lock;
  bool has_links = true;

  absl::Status Link(const std::string& from, const std::string& to) override {
    if (!has_links) return absl::FailedPreconditionError("no links here");
    if (before_link) std::exchange(before_link, nullptr)();
    return under_->Link(from, to);
  }
  absl::StatusOr<std::unique_ptr<File>> Create(
      const std::string& path) override {
    return under_->Create(path);
  }
  absl::StatusOr<std::string> Read(const std::string& path, int64_t offset,
                                   int64_t length) override {
    return under_->Read(path, offset, length);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return under_->Rename(from, to);
  }
  absl::Status Remove(const std::string& path) override {
    return under_->Remove(path);
  }
  absl::StatusOr<std::vector<Entry>> List(const std::string& path) override {
    return under_->List(path);
  }
  absl::Status MakeDirectory(const std::string& path) override {
    return under_->MakeDirectory(path);
  }
  absl::Status SyncDirectory(const std::string& path) override {
    return under_->SyncDirectory(path);
  }
  absl::Status SyncFile(const std::string& path) override {
    return under_->SyncFile(path);
  }
  absl::StatusOr<std::unique_ptr<Lock>> Acquire(const std::string& path,
                                                IfHeld if_held) override {
    if (before_lock) std::exchange(before_lock, nullptr)();
    return under_->Acquire(path, if_held);
  }

 private:
  Disk* const under_;
};

// What ha_store.h promises, of every implementation and of the model.
class HaStoreTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string kind = GetParam();
    if (kind == "model") {
      store_ = std::make_unique<SimHaStore>(1);
      return;
    }
    if (kind == "posix") {
      folder_ = absl::StrCat(testing::TempDir(), "/ha_store_test_", getpid());
      std::filesystem::remove_all(folder_);
      disk_ = std::make_unique<PosixDisk>();
    } else {
      folder_ = "/ha";
      disk_ = std::make_unique<SimDisk>(1);
    }
    auto store = LocalHaStore::Open(disk_.get(), {.folder = folder_});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void TearDown() override {
    if (disk_) {
      ASSERT_TRUE(RemoveTree(*disk_, folder_).ok());
    }
  }

  std::string folder_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<HaStore> store_;
};

TEST_P(HaStoreTest, WritesWhereTheVersionIsTheExpectedOne) {
  EXPECT_EQ(*store_->Read("a"), std::nullopt);
  const auto first = store_->CompareAndSwap("a", 0, "1");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsAborted(store_->CompareAndSwap("a", 0, "x").status()));
  const auto second = store_->CompareAndSwap("a", *first, "2");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_GT(*second, *first);
  EXPECT_TRUE(
      absl::IsAborted(store_->CompareAndSwap("a", *first, "x").status()));
  const auto read = store_->Read("a");
  ASSERT_TRUE(read.ok() && *read);
  EXPECT_EQ((*read)->value, "2");
  EXPECT_EQ((*read)->version, *second);
}

TEST_P(HaStoreTest, AnyBytesAreANameAndAValue) {
  const std::string names[] = {"job/1", "job%2F1", ".lock", "..", "a.new",
                               std::string("\0\xff ", 3)};
  for (const std::string& name : names) {
    ASSERT_TRUE(store_->CompareAndSwap(name, 0, absl::StrCat(name, "\n", name))
                    .ok());
  }
  for (const std::string& name : names) {
    EXPECT_EQ((**store_->Read(name)).value, absl::StrCat(name, "\n", name));
  }
  ASSERT_TRUE(store_->CompareAndSwap("empty", 0, "").ok());
  EXPECT_EQ((**store_->Read("empty")).value, "");
}

TEST_P(HaStoreTest, ADeletedRecordIsGoneAndItsVersionsStayUsed) {
  const int64_t first = *store_->CompareAndSwap("a", 0, "1");
  EXPECT_TRUE(absl::IsAborted(store_->CompareAndDelete("a", first + 1)));
  ASSERT_TRUE(store_->CompareAndDelete("a", first).ok());
  EXPECT_EQ(*store_->Read("a"), std::nullopt);
  EXPECT_TRUE(absl::IsAborted(store_->CompareAndDelete("a", first)));
  EXPECT_FALSE(store_->CompareAndSwap("a", first, "x").ok());
  const int64_t again = *store_->CompareAndSwap("a", 0, "2");
  EXPECT_GT(again, first);
  EXPECT_FALSE(store_->CompareAndSwap("a", first, "x").ok());
}

// Two threads count together: no step is lost, none done twice. One that is
// overtaken by far may be in doubt of what it did.
TEST_P(HaStoreTest, CompetingWritersLoseNothing) {
  constexpr int kEach = 50;
  const auto count = [&](int& doubts) {
    for (int done = 0; done < kEach;) {
      const auto read = store_->Read("n");
      ASSERT_TRUE(read.ok()) << read.status();
      int64_t n = 0;
      if (*read) {
        ASSERT_TRUE(absl::SimpleAtoi((*read)->value, &n));
      }
      const auto written = store_->CompareAndSwap(
          "n", *read ? (*read)->version : 0, absl::StrCat(n + 1));
      done += written.ok();
      doubts += absl::IsUnknown(written.status());
    }
  };
  int doubts[2] = {};
  std::thread other([&] { count(doubts[1]); });
  count(doubts[0]);
  other.join();
  int counted = 0;
  ASSERT_TRUE(absl::SimpleAtoi((**store_->Read("n")).value, &counted));
  EXPECT_GE(counted, 2 * kEach);
  EXPECT_LE(counted, 2 * kEach + doubts[0] + doubts[1]);
}

INSTANTIATE_TEST_SUITE_P(All, HaStoreTest,
                         testing::Values("posix", "sim_disk", "model"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

TEST(LocalHaStoreTest, CompetingProcessesLoseNothing) {
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/ha_processes_", getpid());
  std::filesystem::remove_all(folder);
  constexpr int kEach = 50;
  constexpr int kWrong = 255;
  // How often it was in doubt.
  const auto count = [&](const char* writer) {
    PosixDisk disk;
    int doubts = 0;
    const auto store =
        LocalHaStore::Open(&disk, {.folder = folder, .writer = writer});
    for (int done = 0; done < kEach;) {
      const auto read = (*store)->Read("n");
      int64_t n = 0;
      if (!read.ok()) return kWrong;
      if (*read && !absl::SimpleAtoi((*read)->value, &n)) return kWrong;
      const auto written = (*store)->CompareAndSwap(
          "n", *read ? (*read)->version : 0, absl::StrCat(n + 1));
      done += written.ok();
      doubts += absl::IsUnknown(written.status());
    }
    return std::min(doubts, kWrong - 1);
  };
  const pid_t child = fork();
  if (child == 0) _exit(count("child"));
  const int doubts = count("parent");
  EXPECT_NE(doubts, kWrong);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_NE(WEXITSTATUS(status), kWrong);
  PosixDisk disk;
  const auto store = LocalHaStore::Open(&disk, {.folder = folder});
  int counted = 0;
  ASSERT_TRUE(absl::SimpleAtoi((**(*store)->Read("n")).value, &counted));
  EXPECT_GE(counted, 2 * kEach);
  EXPECT_LE(counted, 2 * kEach + doubts + WEXITSTATUS(status));
  std::filesystem::remove_all(folder);
}

// The machine ends before each step of a write: afterwards the record is the
// old or the new one, whole; the new one once that was the answer; and what a
// Read showed after a kill is not taken back by a power cut.
TEST(LocalHaStoreTest, AWriteIsAllOrNothingAtEveryStep) {
  std::set<std::string> found;
  int64_t version = 0;
  for (int step = 1; version == 0; ++step) {
    ASSERT_LT(step, 30);
    for (uint64_t seed = 0; seed < 60; ++seed) {
      SimDisk disk(seed);
      auto store = LocalHaStore::Open(&disk, {.folder = "/ha"});
      const int64_t before = *(*store)->CompareAndSwap("a", 0, "old");
      disk.StopBefore(step);
      const auto written = (*store)->CompareAndSwap("a", before, "new");
      version = written.ok() ? *written : 0;
      std::string shown;
      if (seed % 2 == 0) {
        disk.Kill();
        shown = (**(*store)->Read("a")).value;
      }
      disk.PowerCut();
      const auto read = (*store)->Read("a");
      ASSERT_TRUE(read.ok() && *read) << read.status();
      const std::string& value = (*read)->value;
      EXPECT_TRUE(value == "new" || (value == "old" && version == 0)) << value;
      EXPECT_TRUE(shown.empty() || value == shown) << shown;
      EXPECT_EQ((*read)->version, before + (value == "new"));
      found.insert(value);
    }
  }
  EXPECT_EQ(found.size(), 2);
}

// The i-th call fails, for every i: the answer says what everybody sees.
TEST(LocalHaStoreTest, AFailedWriteSaysWhetherItMayBeThere) {
  bool saw_unknown = false;
  for (int nth = 1; nth < 12; ++nth) {
    SimDisk disk(nth);
    const auto store = LocalHaStore::Open(&disk, {.folder = "/ha"});
    const int64_t before = *(*store)->CompareAndSwap("a", 0, "old");
    disk.FailChange(nth, absl::StatusCode::kUnavailable);
    const auto written = (*store)->CompareAndSwap("a", before, "new");
    // One that the write did not come to fails the Read.
    auto read = (*store)->Read("a");
    if (!read.ok()) read = (*store)->Read("a");
    const std::string value = (**read).value;
    saw_unknown |= absl::IsUnknown(written.status());
    EXPECT_TRUE(!written.ok() || value == "new");
    EXPECT_TRUE(!absl::IsUnavailable(written.status()) || value == "old");
  }
  EXPECT_TRUE(saw_unknown);
}

// Damage is an error, never a record that is not there.
TEST(LocalHaStoreTest, EveryDamagedBitIsDataLoss) {
  SimDisk disk(1);
  const auto store = LocalHaStore::Open(&disk, {.folder = "/ha"});
  ASSERT_TRUE((*store)->CompareAndSwap("a", 0, "value").ok());
  const std::string path = "/ha/a.v/1";
  const std::string whole = *disk.Read(path, 0, 1000);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    disk.FlipBit(path, bit);
    EXPECT_TRUE(absl::IsDataLoss((*store)->Read("a").status())) << bit;
    EXPECT_TRUE(
        absl::IsDataLoss((*store)->CompareAndSwap("a", 0, "x").status()));
    disk.FlipBit(path, bit);
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_TRUE(WriteDurably(disk, path, whole.substr(0, size)).ok());
    EXPECT_TRUE(absl::IsDataLoss((*store)->Read("a").status())) << size;
  }
}

// A writer that stands still in the middle of a write hinders nobody, and when
// it goes on, however much later, what it wrote does not count.
TEST(LocalHaStoreTest, AWriterThatStandsStillHindersNobody) {
  for (int later = 1; later < 12; ++later) {
    SimDisk disk(1);
    StillDisk still(&disk);
    const auto slow =
        LocalHaStore::Open(&still, {.folder = "/ha", .writer = "slow"});
    const auto quick =
        LocalHaStore::Open(&disk, {.folder = "/ha", .writer = "quick"});
    int64_t version = *(*quick)->CompareAndSwap("a", 0, "0");
    still.before_link = [&] {
      for (int i = 1; i <= later; ++i) {
        const auto written =
            (*quick)->CompareAndSwap("a", version, absl::StrCat(i));
        ASSERT_TRUE(written.ok()) << written.status();
        version = *written;
      }
    };
    const auto late = (*slow)->CompareAndSwap("a", version, "late");
    EXPECT_TRUE(absl::IsAborted(late.status()) ||
                absl::IsUnknown(late.status()))
        << late.status();
    EXPECT_EQ((**(*slow)->Read("a")).value, absl::StrCat(later));
    EXPECT_TRUE((*quick)->CompareAndSwap("a", version, "next").ok());
    EXPECT_EQ((**(*slow)->Read("a")).value, "next");
  }
}

TEST(LocalHaStoreTest, AFileSystemWithoutLinksWillDo) {
  SimDisk disk(1);
  StillDisk none(&disk);
  none.has_links = false;
  const auto store = LocalHaStore::Open(&none, {.folder = "/ha"});
  const auto first = (*store)->CompareAndSwap("a", 0, "1");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsAborted((*store)->CompareAndSwap("a", 0, "x").status()));
  EXPECT_TRUE((*store)->CompareAndSwap("a", *first, "2").ok());
  EXPECT_EQ((**(*store)->Read("a")).value, "2");
}

constexpr Envelope kFormat1 = {.magic = "MLRRECRD", .version = 1};

// As format 1 looks for a record.
std::string AsReadByFormat1(Disk& disk, const std::string& path) {
  const auto bytes = disk.Read(path, 0, 1000);
  if (absl::IsNotFound(bytes.status())) return "none";
  const auto body = Unseal(kFormat1, *bytes);
  return body.ok() ? "found" : std::string(body.status().message());
}
constexpr char kNewer[] = "it is of format version 2, this program reads 1";

// As format 1 wrote all.
TEST(LocalHaStoreTest, ARecordInOneFileIsGoneOnFrom) {
  SimDisk disk(1);
  {
    const auto store = LocalHaStore::Open(&disk, {.folder = "/ha"});
    int64_t version = 0;
    for (int i = 0; i < 3; ++i) {
      version = *(*store)->CompareAndSwap("a", version, "first");
    }
    ASSERT_TRUE(disk.Rename("/ha/a.v/3", "/ha/a").ok());
    ASSERT_TRUE(RemoveTree(disk, "/ha/a.v").ok());
  }
  const auto store = LocalHaStore::Open(&disk, {.folder = "/ha"});
  EXPECT_EQ((**(*store)->Read("a")).value, "first");
  EXPECT_EQ((**(*store)->Read("a")).version, 3);
  EXPECT_EQ(*(*store)->CompareAndSwap("a", 3, "then"), 4);
  EXPECT_EQ((**(*store)->Read("a")).value, "then");
  EXPECT_EQ(AsReadByFormat1(disk, "/ha/a"), kNewer);
}

// Whoever knows records in one file alone would else find none, and lead.
TEST(LocalHaStoreTest, AnEarlierVersionIsShutOutFromEveryRecord) {
  for (const bool has_links : {true, false}) {
    SimDisk disk(1);
    StillDisk some(&disk);
    some.has_links = has_links;
    const auto store = LocalHaStore::Open(&some, {.folder = "/ha"});
    EXPECT_EQ(AsReadByFormat1(disk, "/ha/a"), "none");
    ASSERT_TRUE((*store)->CompareAndSwap("a", 0, "1").ok());
    ASSERT_TRUE((*store)->CompareAndSwap("b", 0, "2").ok());
    EXPECT_EQ(AsReadByFormat1(disk, "/ha/a"), kNewer);
    EXPECT_EQ(AsReadByFormat1(disk, "/ha/b"), kNewer);
    EXPECT_EQ((**(*store)->Read("a")).value, "1");
  }
}

// What format 1 writes under the lock; `version` below 256.
absl::Status WriteAsFormat1(Disk& disk, const std::string& path, int version,
                            absl::string_view value) {
  std::string body(8, '\0');
  body[0] = static_cast<char>(version);
  return WriteDurably(disk, path,
                      Seal(kFormat1, absl::StrCat(body, "\1", value)));
}

// A writer of format 1 that has looked at the record, and stands still under
// the lock, goes on: what it writes then counts, or it was shut out.
TEST(LocalHaStoreTest, AWriterOfFormat1ThatStandsStillIsWaitedFor) {
  for (const int version : {0, 3}) {
    SimDisk disk(1);
    StillDisk still(&disk);
    const auto store = LocalHaStore::Open(&still, {.folder = "/ha"});
    if (version > 0) {
      ASSERT_TRUE(WriteAsFormat1(disk, "/ha/a", version, "first").ok());
    }
    still.before_lock = [&] {
      ASSERT_TRUE(WriteAsFormat1(disk, "/ha/a", version + 1, "late").ok());
    };
    EXPECT_TRUE(absl::IsAborted(
        (*store)->CompareAndSwap("a", version, "mine").status()));
    EXPECT_EQ((**(*store)->Read("a")).value, "late");
    EXPECT_TRUE((*store)->CompareAndSwap("a", version + 1, "next").ok());
    EXPECT_EQ(AsReadByFormat1(disk, "/ha/a"), kNewer);
  }
}

TEST(LocalHaStoreTest, Format1WaitsUntilItIsShutOut) {
  SimDisk disk(1);
  StillDisk still(&disk);
  const auto store = LocalHaStore::Open(&still, {.folder = "/ha"});
  bool was_held = false;
  still.before_link = [&] {
    was_held = absl::IsFailedPrecondition(
        disk.Acquire("/ha/.lock", Disk::IfHeld::kFail).status());
  };
  ASSERT_TRUE((*store)->CompareAndSwap("a", 0, "1").ok());
  EXPECT_TRUE(was_held);
  EXPECT_TRUE(disk.Acquire("/ha/.lock", Disk::IfHeld::kFail).ok());
}

// Though nobody should, without the lock.
TEST(LocalHaStoreTest, ARecordThatComesInTheMarkersPlaceCounts) {
  SimDisk disk(1);
  StillDisk still(&disk);
  const auto store = LocalHaStore::Open(&still, {.folder = "/ha"});
  still.before_link = [&] {
    ASSERT_TRUE(WriteAsFormat1(disk, "/ha/a", 1, "other").ok());
  };
  EXPECT_TRUE(absl::IsAborted((*store)->CompareAndSwap("a", 0, "x").status()));
  EXPECT_EQ((**(*store)->Read("a")).value, "other");
}

// Killed before each step of the first write behind one file: what counted
// still counts, or the new one, and then nobody reads the file.
TEST(LocalHaStoreTest, ARecordInOneFileIsGoneOnFromWhateverHappens) {
  for (int step = 1; step < 12; ++step) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      SimDisk disk(seed);
      const auto store = LocalHaStore::Open(&disk, {.folder = "/ha"});
      ASSERT_TRUE((*store)->CompareAndSwap("a", 0, "first").ok());
      ASSERT_TRUE(disk.Rename("/ha/a.v/1", "/ha/a").ok());
      ASSERT_TRUE(RemoveTree(disk, "/ha/a.v").ok());
      ASSERT_TRUE(disk.SyncDirectory("/ha").ok());
      disk.StopBefore(step);
      const auto written = (*store)->CompareAndSwap("a", 1, "then");
      disk.PowerCut();
      const auto read = (*store)->Read("a");
      ASSERT_TRUE(read.ok() && *read) << read.status();
      EXPECT_TRUE((*read)->value == "then" ||
                  ((*read)->value == "first" && !written.ok()));
      if ((*read)->value == "then") {
        EXPECT_EQ(AsReadByFormat1(disk, "/ha/a"), kNewer);
      }
      // And is gone on from once more.
      EXPECT_TRUE(
          (*store)->CompareAndSwap("a", (*read)->version, "last").ok());
      EXPECT_EQ((**(*store)->Read("a")).value, "last");
    }
  }
}

// The model does what it is there for.
TEST(SimHaStoreTest, AnUnknownWriteIsThereNowLaterOrNever) {
  int now = 0, later = 0, never = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimHaStore store(seed);
    store.set_faults({.unknown = 1});
    EXPECT_TRUE(absl::IsUnknown(store.CompareAndSwap("a", 0, "x").status()));
    if (store.Read("a")->has_value()) {
      ++now;
      continue;
    }
    bool came = false;
    for (int i = 0; i < 50 && !came; ++i) came = store.Read("a")->has_value();
    ++(came ? later : never);
  }
  EXPECT_GT(now, 30);
  EXPECT_GT(later, 10);
  EXPECT_GT(never, 30);
}

}  // namespace
}  // namespace millrace
