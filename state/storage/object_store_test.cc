#include "state/storage/object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "runtime/base/posix_disk.h"
#include "state/storage/local_object_store.h"
#include "state/storage/verified_read.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// What object_store.h promises, of every implementation and of the model.
class ObjectStoreTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string kind = GetParam();
    if (kind == "posix") {
      folder_ = absl::StrCat(testing::TempDir(), "/object_store_test_",
                             getpid());
      std::filesystem::remove_all(folder_);
      disk_ = std::make_unique<PosixDisk>();
    } else {
      disk_ = std::make_unique<SimDisk>(1);
      folder_ = "/machine";
    }
    ASSERT_TRUE(disk_->MakeDirectory(folder_).ok());
    if (kind == "model") {
      store_ = std::make_unique<SimObjectStore>(&bucket_, disk_.get());
    } else {
      auto store =
          LocalObjectStore::Open(disk_.get(), {.folder = folder_ + "/store"});
      ASSERT_TRUE(store.ok()) << store.status();
      store_ = *std::move(store);
    }
  }
  void TearDown() override { ASSERT_TRUE(RemoveTree(*disk_, folder_).ok()); }

  std::vector<std::string> Names(const std::string& prefix) {
    std::vector<std::string> names;
    const auto objects = store_->List(prefix);
    EXPECT_TRUE(objects.ok()) << objects.status();
    for (const ObjectStore::Object& object : *objects) {
      names.push_back(absl::StrCat(object.name, " ", object.size_bytes));
    }
    return names;
  }

  std::string folder_;
  std::unique_ptr<Disk> disk_;
  SimBucket bucket_{1};
  std::unique_ptr<ObjectStore> store_;
};

TEST_P(ObjectStoreTest, GivesBackWhatWasPutAndRangesOfIt) {
  ASSERT_TRUE(store_->Put("a/b/c", "0123456789").ok());
  EXPECT_EQ(*store_->Get("a/b/c"), "0123456789");
  EXPECT_EQ(*store_->Get("a/b/c", 2, 3), "234");
  EXPECT_EQ(*store_->Get("a/b/c", 8, 99), "89");
  EXPECT_EQ(*store_->Get("a/b/c", 10), "");
  ASSERT_TRUE(store_->Put("empty", "").ok());
  EXPECT_EQ(*store_->Get("empty"), "");
  EXPECT_TRUE(absl::IsNotFound(store_->Get("a/b/d").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->Get("x/y").status()));
}

TEST_P(ObjectStoreTest, APutMayBeRepeated) {
  ASSERT_TRUE(store_->Put("a/b", "bytes").ok());
  ASSERT_TRUE(store_->Put("a/b", "bytes").ok());
  EXPECT_THAT(Names(""), UnorderedElementsAre("a/b 5"));
}

TEST_P(ObjectStoreTest, TakesAndGivesFiles) {
  const std::string source = folder_ + "/source", copy = folder_ + "/copy";
  const std::string bytes(3'000'000, 'x');
  ASSERT_TRUE(WriteDurably(*disk_, source, bytes).ok());
  ASSERT_TRUE(store_->PutFile("a/b", source).ok());
  ASSERT_TRUE(store_->PutFile("a/b", source).ok());
  EXPECT_TRUE(*store_->Get("a/b") == bytes);
  ASSERT_TRUE(disk_->Remove(source).ok());
  EXPECT_TRUE(*store_->Get("a/b", bytes.size() - 2) == "xx");
  ASSERT_TRUE(store_->GetFile("a/b", copy).ok());
  EXPECT_TRUE(*disk_->Read(copy) == bytes);
  EXPECT_TRUE(absl::IsNotFound(store_->PutFile("a/c", folder_ + "/none")));
  EXPECT_TRUE(absl::IsNotFound(store_->GetFile("a/d", copy)));
  ASSERT_TRUE(disk_->Remove(copy).ok());
}

TEST_P(ObjectStoreTest, DeletesWhatIsThereAndWhatIsNot) {
  ASSERT_TRUE(store_->Put("a/b", "1").ok());
  ASSERT_TRUE(store_->Put("a/c/d", "2").ok());
  ASSERT_TRUE(store_->Delete("a/b").ok());
  ASSERT_TRUE(store_->Delete("a/b").ok());
  ASSERT_TRUE(store_->Delete("q/r/s").ok());
  EXPECT_TRUE(absl::IsNotFound(store_->Get("a/b").status()));
  EXPECT_THAT(Names(""), UnorderedElementsAre("a/c/d 1"));
  ASSERT_TRUE(store_->Delete("a/c/d").ok());
  EXPECT_THAT(Names(""), IsEmpty());
  ASSERT_TRUE(store_->Put("a/c/d", "3").ok());
  EXPECT_EQ(*store_->Get("a/c/d"), "3");
}

TEST_P(ObjectStoreTest, ListsWhatBeginsWithThePrefix) {
  for (const char* name : {"job/shared/1-2", "job/shared/1-20",
                           "job/chk-1/manifest", "job2/x"}) {
    ASSERT_TRUE(store_->Put(name, "12").ok());
  }
  EXPECT_THAT(Names("job/"),
              UnorderedElementsAre("job/shared/1-2 2", "job/shared/1-20 2",
                                   "job/chk-1/manifest 2"));
  EXPECT_THAT(Names("job"), testing::SizeIs(4));
  EXPECT_THAT(Names("job/shared/1-2"), testing::SizeIs(2));
  EXPECT_THAT(Names("job/chk-1/"), testing::SizeIs(1));
  EXPECT_THAT(Names("nothing/"), IsEmpty());
}

TEST_P(ObjectStoreTest, AFileIsVerifiedAgainstWhatWasWritten) {
  const FileRef file = {
      .name = "j/f", .size_bytes = 5, .crc32c = Crc32c("bytes")};
  EXPECT_TRUE(absl::IsDataLoss(ReadVerified(*store_, file).status()));
  ASSERT_TRUE(store_->Put("j/f", "bytes").ok());
  EXPECT_EQ(*ReadVerified(*store_, file), "bytes");
  EXPECT_EQ(*ReadVerified(*store_, Blob{.file = file}), "bytes");
  EXPECT_EQ(*ReadVerified(*store_, Blob{.inlined = "small"}), "small");
  for (const char* other : {"byter", "byte", "bytess", ""}) {
    ASSERT_TRUE(store_->Delete("j/f").ok());
    ASSERT_TRUE(store_->Put("j/f", other).ok());
    const absl::Status status = ReadVerified(*store_, file).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << other;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("j/f"));
  }
}

INSTANTIATE_TEST_SUITE_P(All, ObjectStoreTest,
                         testing::Values("posix", "sim_disk", "model"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace millrace
