#include "state/rocksdb_backend.h"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/backend_subtask_test.h"
#include "state/storage/local_object_store.h"

namespace millrace::rocksdb_backend_test {
namespace {

using backend_subtask_test::GroupOf;
using backend_subtask_test::kMaxParallelism;
using backend_subtask_test::kSchema;
using backend_subtask_test::Subtask;
using backend_subtask_test::TemporaryFolder;

// One subtask on a RocksDB, a step at a time.
class OneStoreTest : public testing::Test {
 protected:
  OneStoreTest() {
    objects_ = *LocalObjectStore::Open(
        &disk_, {.folder = folder_.path() + "/objects"});
    subtask_.backend = Open(1);
  }

  std::unique_ptr<OperatorBackend> Open(int64_t attempt,
                                        const std::string& uid = "c") {
    return NewRocksDbBackend(
        {.job_id = "job", .attempt = attempt, .uid = uid,
         .max_parallelism = kMaxParallelism},
        {.folder = folder_.path() + "/local", .disk = &disk_,
         .memory = memory_},
        objects_.get());
  }
  OperatorSnapshot Snapshot(int64_t checkpoint) {
    auto writer = subtask_.backend->BeginSnapshot(CheckpointId(checkpoint));
    subtask_.Write(*writer);
    auto snapshot = (*subtask_.backend->Freeze(std::move(writer)))();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return *std::move(snapshot);
  }
  static std::set<std::string> Objects(const OperatorSnapshot& snapshot) {
    std::set<std::string> names;
    for (const FileRef& file : FilesOf(snapshot)) names.insert(file.name);
    return names;
  }
  // The entries of the state below the operator, by way of its store.
  std::string Look(StateStore& store, const std::string& key) {
    store.BeginRead({{.group = GroupOf(key), .key = key}});
    const auto entries = store.Poll();
    EXPECT_TRUE(entries.ok() && entries->has_value());
    return (**entries)[0].erased ? "none" : (**entries)[0].value;
  }

  TemporaryFolder folder_;
  PosixDisk disk_;
  std::shared_ptr<RocksDbMemory> memory_ =
      *RocksDbMemory::Draw(8 << 20, nullptr);
  std::unique_ptr<LocalObjectStore> objects_;
  Subtask subtask_;
};

TEST_F(OneStoreTest, UploadsOnlyTablesThatNoCompletedCheckpointHas) {
  for (int i = 0; i < 100; ++i) subtask_.Put(absl::StrCat("k", i), "v");
  const auto first = Objects(Snapshot(1));
  subtask_.Put("k1", "w");
  const auto second = Objects(Snapshot(2));
  for (const std::string& name : first) EXPECT_FALSE(second.contains(name));
  subtask_.backend->OnComplete(CheckpointId(2));
  subtask_.Put("k2", "w");
  const auto third = Objects(Snapshot(3));
  for (const std::string& name : second) EXPECT_TRUE(third.contains(name));
  EXPECT_EQ(third.size(), second.size() + 1);
}

// Large runs become tables, small ones and those with drops go through the
// memtable: the newest counts, whichever way it came.
TEST_F(OneStoreTest, LargeRunsAndSmallOnesFollowEachOther) {
  std::mt19937_64 random(1);
  StateStore& store = *subtask_.backend->StoreFor(kSchema);
  OperatorSnapshot latest;
  for (int round = 1; round <= 24; ++round) {
    const bool is_large = random() % 2 == 0;
    const std::string value(is_large ? 50'000 : 10, 'a' + round);
    if (random() % 6 == 0) subtask_.Drop(absl::StrCat(random() % 10));
    for (int i = 0; i < 120; ++i) {
      const std::string key = absl::StrCat(random() % 300);
      i % 6 == 0 ? subtask_.Erase(key) : subtask_.Put(key, value);
    }
    if (random() % 3 > 0) {
      latest = Snapshot(round);
      subtask_.backend->OnComplete(CheckpointId(round));
    } else {
      auto flush = subtask_.backend->BeginFlush();
      subtask_.Write(*flush);
      subtask_.backend->Flush(std::move(flush));
    }
    for (int i = 0; i < 300; i += 7) {
      const std::string key = absl::StrCat(i);
      const auto expected = subtask_.entries.find(key);
      ASSERT_EQ(Look(store, key), expected == subtask_.entries.end()
                                      ? "none"
                                      : expected->second)
          << "round " << round;
    }
  }
  latest = Snapshot(25);
  const auto restored = Open(2);
  const auto reader = restored->Restore({latest});
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::map<std::string, std::string> found;
  ASSERT_TRUE((*reader)
                  ->ReadState(kSchema,
                              [&](KeyGroup, absl::string_view key,
                                  absl::string_view value) {
                                found.emplace(key, value);
                                return absl::OkStatus();
                              })
                  .ok());
  EXPECT_TRUE(found == subtask_.entries);
}

// Bad rows of a chain go into a sink that has a backend too, and is restored
// when the operator before it has its state.
TEST_F(OneStoreTest, AnotherOperatorOfItsSubtaskTakesNothingAway) {
  subtask_.Put("a", "1");
  OperatorSnapshot latest = Snapshot(1);
  subtask_.backend = Open(2);
  ASSERT_TRUE(subtask_.backend->Restore({latest}).ok());
  auto other = Open(2, "rejected");
  ASSERT_TRUE(other->Restore({}).ok());
  other.reset();
  subtask_.Put("b", "2");
  EXPECT_FALSE(Objects(Snapshot(2)).empty());
  EXPECT_EQ(Look(*subtask_.backend->StoreFor(kSchema), "a"), "1");
}

TEST_F(OneStoreTest, AnOperatorWithoutKeyedStateHasNoStore) {
  auto writer = subtask_.backend->BeginSnapshot(CheckpointId(1));
  ASSERT_TRUE(
      writer->OperatorState("list", Redistribution::kSplit, {"a"}).ok());
  const auto snapshot = (*subtask_.backend->Freeze(std::move(writer)))();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE(snapshot->parts.empty());
  EXPECT_EQ(snapshot->lists[0].items, std::vector<std::string>{"a"});
}

TEST_F(OneStoreTest, ReadsSeeWhatIsFrozenAndNotWrittenYet) {
  StateStore& store = *subtask_.backend->StoreFor(kSchema);
  subtask_.Put("a", "1");
  subtask_.Put("b", "1");
  Snapshot(1);
  EXPECT_EQ(Look(store, "a"), "1");
  EXPECT_EQ(Look(store, "c"), "none");
  subtask_.Put("a", "2");
  subtask_.Erase("b");
  auto writer = subtask_.backend->BeginSnapshot(CheckpointId(2));
  subtask_.Write(*writer);
  auto upload = *subtask_.backend->Freeze(std::move(writer));
  EXPECT_EQ(Look(store, "a"), "2");
  EXPECT_EQ(Look(store, "b"), "none");
  ASSERT_TRUE(upload().ok());
  EXPECT_EQ(Look(store, "a"), "2");
  EXPECT_EQ(Look(store, "b"), "none");
}

// An operator that has too much on its way waits for the upload to write it.
TEST_F(OneStoreTest, AnUploadWakesTheWorker) {
  int wake_count = 0;
  subtask_.backend = NewRocksDbBackend(
      {.job_id = "job", .attempt = 2, .max_parallelism = kMaxParallelism},
      {.folder = folder_.path() + "/local", .disk = &disk_, .memory = memory_,
       .wake = [&] { ++wake_count; }, .resident_bytes = 10},
      objects_.get());
  StateStore& store = *subtask_.backend->StoreFor(kSchema);
  subtask_.Put("a", "1");
  auto writer = subtask_.backend->BeginSnapshot(CheckpointId(1));
  subtask_.Write(*writer);
  auto upload = *subtask_.backend->Freeze(std::move(writer));
  subtask_.Put("b", std::string(100, 'b'));
  auto flush = subtask_.backend->BeginFlush();
  subtask_.Write(*flush);
  subtask_.backend->Flush(std::move(flush));
  EXPECT_TRUE(*store.IsBehind());
  wake_count = 0;
  ASSERT_TRUE(upload().ok());
  EXPECT_EQ(wake_count, 1);
  EXPECT_FALSE(*store.IsBehind());
}

// What is flushed behind a barrier is not in its checkpoint.
TEST_F(OneStoreTest, ALinkHoldsWhatWasFrozenAndNothingNewer) {
  subtask_.backend->StoreFor(kSchema);
  subtask_.Put("a", "1");
  auto writer = subtask_.backend->BeginSnapshot(CheckpointId(1));
  subtask_.Write(*writer);
  auto upload = *subtask_.backend->Freeze(std::move(writer));
  subtask_.Put("a", "2");
  auto flush = subtask_.backend->BeginFlush();
  subtask_.Write(*flush);
  subtask_.backend->Flush(std::move(flush));
  const auto snapshot = upload();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(Look(*subtask_.backend->StoreFor(kSchema), "a"), "2");
  auto restored = Open(2);
  StateStore& store = *restored->StoreFor(kSchema);
  ASSERT_TRUE(restored->Restore({*snapshot}).ok());
  EXPECT_EQ(Look(store, "a"), "1");
}

// So is a subtask built: its operator comes when its store is filled.
TEST_F(OneStoreTest, WhatAnOperatorReadsFromTheStoreIsNotReadBefore) {
  subtask_.Put("a", "1");
  const OperatorSnapshot snapshot = Snapshot(1);
  auto restored = Open(2);
  const auto reader = restored->Restore({snapshot});
  ASSERT_TRUE(reader.ok()) << reader.status();
  StateStore& store = *restored->StoreFor(kSchema);
  int entries = 0;
  const absl::Status read = (*reader)->ReadState(
      kSchema, [&](KeyGroup, absl::string_view, absl::string_view) {
        ++entries;
        return absl::OkStatus();
      });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_EQ(entries, 0);
  EXPECT_EQ(Look(store, "a"), "1");
}

TEST_F(OneStoreTest, DamagedAndMissingFilesAreRefused) {
  subtask_.Put("a", "1");
  const OperatorSnapshot snapshot = Snapshot(1);
  for (size_t i = 0; i < snapshot.parts[0].files.size(); ++i) {
    OperatorSnapshot damaged = snapshot;
    KeyedPart::File& file = damaged.parts[0].files[i];
    if (!file.blob.file) continue;
    file.blob.file->crc32c ^= 1;
    EXPECT_EQ(Open(2)->Restore({damaged}).status().code(),
              absl::StatusCode::kDataLoss);
    file.blob.file->name += "0";
    EXPECT_EQ(Open(3)->Restore({damaged}).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace millrace::rocksdb_backend_test
