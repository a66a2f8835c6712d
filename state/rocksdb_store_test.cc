#include "state/rocksdb_store.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/status_macros.h"

namespace millrace::rocksdb_store_test {
namespace {

constexpr int kEntries = 100;
// So large that they become a table at once.
constexpr size_t kValueBytes = 60'000;

// A store in a folder of its own, and what should be in it.
class RocksDbStoreTest : public testing::Test {
 protected:
  RocksDbStoreTest()
      : folder_(absl::StrCat(testing::TempDir(), "/rocksdb_store_", getpid())) {
    Remove();
    store_ = *OpenRocksDb(folder_, *RocksDbMemory::Draw(8 << 20, nullptr));
  }
  ~RocksDbStoreTest() override {
    store_ = nullptr;
    Remove();
  }

  absl::Status WriteLarge(char letter) {
    StoreRun run;
    std::map<std::string, std::string> entries;
    for (int i = 0; i < kEntries; ++i) {
      const std::string key = absl::StrCat(1000 + i);
      entries[key] = std::string(kValueBytes, letter);
      run.Put("", key, entries[key]);
    }
    run.Seal();
    RETURN_IF_ERROR(store_->Write(run));
    expected_ = entries;
    return absl::OkStatus();
  }
  // All there is, in order.
  std::map<std::string, std::string> Contents(KvStore& store) {
    std::map<std::string, std::string> found;
    const absl::Status status = store.Scan(
        "", "", [&](absl::string_view key, absl::string_view value) {
          found.emplace(key, value);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }
  std::string PathOf(absl::string_view name) const {
    return absl::StrCat(folder_, "/", name);
  }
  int TableCount() const {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      count += file.path().extension() == ".sst";
    }
    return count;
  }

  const std::string folder_;
  std::unique_ptr<KvStore> store_;
  std::map<std::string, std::string> expected_;

 private:
  void Remove() {
    PosixDisk disk;
    EXPECT_TRUE(RemoveTree(disk, folder_).ok());
  }
};

TEST_F(RocksDbStoreTest, ALargeRunIsATableAndNothingElse) {
  ASSERT_TRUE(WriteLarge('a').ok());
  EXPECT_EQ(TableCount(), 1);
  EXPECT_FALSE(std::filesystem::exists(PathOf("run")));
  EXPECT_TRUE(Contents(*store_) == expected_);
}

// Out of order, which no table can be: a file that is begun and not ended.
TEST_F(RocksDbStoreTest, ATableThatIsNotEndedTakesNoRoom) {
  StoreRun run;
  for (int i = 0; i < kEntries; ++i) {
    run.Put("", absl::StrCat(2000 - i), std::string(kValueBytes, 'a'));
  }
  EXPECT_EQ(store_->Write(run).code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(std::filesystem::exists(PathOf("run")));
  EXPECT_TRUE(Contents(*store_).empty());
}

// Taking a file over links it and then removes its old name; where that fails,
// both names are one file.
TEST_F(RocksDbStoreTest, ANameThatWasLeftBehindIsNotWrittenOver) {
  ASSERT_TRUE(WriteLarge('a').ok());
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    if (file.path().extension() != ".sst") continue;
    std::filesystem::create_hard_link(file.path(), PathOf("run"));
    std::filesystem::create_hard_link(file.path(), folder_ + "-copy");
    break;
  }
  std::ifstream copy(folder_ + "-copy", std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(copy), {}};
  ASSERT_GT(before.size(), kEntries * kValueBytes);
  ASSERT_TRUE(WriteLarge('b').ok());
  EXPECT_TRUE(Contents(*store_) == expected_);
  std::ifstream again(folder_ + "-copy", std::ios::binary);
  const std::string after{std::istreambuf_iterator<char>(again), {}};
  EXPECT_TRUE(before == after);
  std::filesystem::remove(folder_ + "-copy");
}

TEST_F(RocksDbStoreTest, ATableThatCannotBeMadeChangesNothing) {
  ASSERT_TRUE(WriteLarge('a').ok());
  std::filesystem::create_directory(PathOf("run"));
  EXPECT_EQ(WriteLarge('b').code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Contents(*store_) == expected_);
  std::filesystem::remove(PathOf("run"));
  ASSERT_TRUE(WriteLarge('b').ok());
  const auto files = store_->Link(folder_ + "-linked");
  ASSERT_TRUE(files.ok()) << files.status();
  const auto linked = OpenRocksDbReadOnly(
      folder_ + "-linked", *RocksDbMemory::Draw(8 << 20, nullptr));
  ASSERT_TRUE(linked.ok()) << linked.status();
  EXPECT_TRUE(Contents(**linked) == expected_);
  std::filesystem::remove_all(folder_ + "-linked");
}

}  // namespace
}  // namespace millrace::rocksdb_store_test
