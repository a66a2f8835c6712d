#include "state/rocksdb_backend.h"

#include <unistd.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/hash.h"
#include "runtime/base/posix_disk.h"
#include "state/storage/local_object_store.h"

namespace millrace::rocksdb_backend_test {
namespace {

constexpr int kMaxParallelism = 16;
const StateSchema kSchema = {.id = 1, .name = "numbers", .version = 1,
                             .key_type = "STRING", .value_type = "STRING"};

KeyGroup GroupOf(absl::string_view key) {
  return KeyGroup(KeyGroupOf(HashBytes(key), kMaxParallelism));
}

// A store whose writes fail from some time on.
class FlakyStore final : public ObjectStore {
 public:
  explicit FlakyStore(ObjectStore* store) : store_(store) {}

  absl::Status Put(const std::string& name, absl::string_view bytes) override {
    return IsAway() ? absl::UnavailableError("away")
                    : store_->Put(name, bytes);
  }
  absl::Status PutFile(const std::string& name,
                       const std::string& path) override {
    return IsAway() ? absl::UnavailableError("away")
                    : store_->PutFile(name, path);
  }
  absl::StatusOr<std::string> Get(const std::string& name, int64_t offset,
                                  int64_t length) override {
    return store_->Get(name, offset, length);
  }
  absl::Status GetFile(const std::string& name,
                       const std::string& path) override {
    return store_->GetFile(name, path);
  }
  absl::Status Delete(const std::string& name) override {
    return store_->Delete(name);
  }
  absl::StatusOr<std::vector<Object>> List(const std::string& name) override {
    return store_->List(name);
  }

  int puts_left = -1;  // Then fails; below 0: never.

 private:
  bool IsAway() { return puts_left-- == 0; }

  ObjectStore* store_;
};

// What one subtask's operator remembers, and what of it is new.
struct Subtask {
  void Put(const std::string& key, const std::string& value) {
    entries[key] = value;
    changed.insert(key);
  }
  void Erase(const std::string& key) {
    if (entries.erase(key) > 0) changed.insert(key);
  }
  void Drop(const std::string& prefix) {
    std::erase_if(entries, [&](const auto& entry) {
      return absl::StartsWith(entry.first, prefix);
    });
    std::erase_if(changed, [&](const std::string& key) {
      return absl::StartsWith(key, prefix);
    });
    dropped.insert(prefix);
  }
  void Write(SnapshotWriter& writer) {
    EXPECT_TRUE(writer.BeginState(kSchema).ok());
    const bool all = writer.extent() == SnapshotWriter::Extent::kAll;
    for (const auto& prefix : dropped) {
      if (all) break;
      EXPECT_TRUE(writer.DropPrefix(prefix).ok());
    }
    for (int group = 0; group < kMaxParallelism; ++group) {
      for (const auto& [key, value] : entries) {
        if (GroupOf(key) == KeyGroup(group) && (all || changed.contains(key))) {
          EXPECT_TRUE(writer.Entry(KeyGroup(group), key, value).ok());
        }
      }
      for (const auto& key : changed) {
        if (!all && !entries.contains(key) && GroupOf(key) == KeyGroup(group)) {
          EXPECT_TRUE(writer.Erased(KeyGroup(group), key).ok());
        }
      }
    }
    changed.clear();
    dropped.clear();
  }

  std::unique_ptr<OperatorBackend> backend;
  std::map<std::string, std::string> entries;
  std::set<std::string> changed;
  std::set<std::string> dropped;
};

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(absl::StrCat(testing::TempDir(), "/rocksdb_backend_", getpid())) {
    Remove();
  }
  ~TemporaryFolder() { Remove(); }
  const std::string& path() const { return path_; }

 private:
  void Remove() {
    PosixDisk disk;
    EXPECT_TRUE(RemoveTree(disk, path_).ok());
  }
  const std::string path_;
};

// The subtasks of one operator, on either backend, and an object store that
// keeps only what the last completed checkpoint refers to.
class Job {
 public:
  explicit Job(unsigned seed) : random_(seed) {
    objects_ = *LocalObjectStore::Open(&disk_, {.folder = folder_.path() +
                                                          "/objects"});
    store_ = std::make_unique<FlakyStore>(objects_.get());
    options_ = {.folder = folder_.path() + "/local", .disk = &disk_,
                .memory = *RocksDbMemory::Draw(8 << 20, nullptr)};
    Start(2, true);
  }

  // Afterwards the subtasks hold what the last completed checkpoint held.
  void Start(int parallelism, bool rocksdb) {
    ++attempt_;
    subtasks_.clear();
    for (int i = 0; i < parallelism; ++i) {
      const BackendPlace place = {.job_id = "job", .attempt = attempt_,
                                  .uid = "counts",
                                  .subtask = i, .parallelism = parallelism,
                                  .max_parallelism = kMaxParallelism};
      Subtask& subtask = subtasks_.emplace_back();
      subtask.backend =
          rocksdb ? NewRocksDbBackend(place, options_, store_.get())
                  : NewMemoryBackendFromAnyForm(place, options_, store_.get());
      auto reader = subtask.backend->Restore(ShareOf(completed_, place));
      ASSERT_TRUE(reader.ok()) << reader.status();
      const absl::Status read = (*reader)->ReadState(
          kSchema, [&](KeyGroup group, absl::string_view key,
                       absl::string_view value) {
            EXPECT_EQ(group, GroupOf(key));
            subtask.entries[std::string(key)] = std::string(value);
            return absl::OkStatus();
          });
      ASSERT_TRUE(read.ok()) << read;
    }
    ASSERT_EQ(Whole(), completed_entries_);
  }

  void Change(int times) {
    for (int i = 0; i < times; ++i) {
      const std::string key =
          absl::StrCat(std::string(1, 'a' + Below(3)), Below(60));
      if (Below(40) == 0) {
        for (Subtask& subtask : subtasks_) subtask.Drop(key.substr(0, 1));
      } else if (Below(3) == 0) {
        Owner(key).Erase(key);
      } else {
        Owner(key).Put(key, absl::StrCat(Below(1000)));
      }
    }
  }

  // A checkpoint that may fail, complete or be aborted, and whose news may be
  // late or lost.
  void Checkpoint() {
    const CheckpointId checkpoint(++checkpoint_);
    Manifest manifest = {.checkpoint = checkpoint};
    const auto entries = Whole();
    store_->puts_left = Below(6) == 0 ? 1 : -1;
    bool all = true;
    std::vector<OperatorBackend::Upload> uploads;
    for (Subtask& subtask : subtasks_) {
      auto writer = subtask.backend->BeginSnapshot(checkpoint);
      subtask.Write(*writer);
      uploads.push_back(*subtask.backend->Freeze(std::move(writer)));
    }
    Change(5);  // While files are written.
    for (OperatorBackend::Upload& upload : uploads) {
      auto snapshot = upload();
      all &= snapshot.ok();
      if (snapshot.ok()) manifest.operators.push_back(*std::move(snapshot));
    }
    store_->puts_left = -1;
    const bool completed = all && Below(5) != 0;
    if (completed) {
      completed_ = manifest;
      completed_entries_ = entries;
    }
    Sweep();
    for (Subtask& subtask : subtasks_) {
      if (Below(4) == 0) continue;
      if (completed) {
        subtask.backend->OnComplete(checkpoint);
      } else {
        subtask.backend->OnAbort(checkpoint);
      }
    }
  }

  unsigned Below(unsigned limit) { return random_() % limit; }

 private:
  Subtask& Owner(const std::string& key) {
    return subtasks_[GroupOf(key).value() * subtasks_.size() /
                     kMaxParallelism];
  }
  std::map<std::string, std::string> Whole() const {
    std::map<std::string, std::string> whole;
    for (const Subtask& subtask : subtasks_) {
      whole.insert(subtask.entries.begin(), subtask.entries.end());
    }
    return whole;
  }
  // Nothing that the completed checkpoint needs is ever missing.
  void Sweep() {
    std::set<std::string> kept;
    for (const FileRef& file : FilesOf(completed_)) kept.insert(file.name);
    const auto objects = objects_->List("");
    ASSERT_TRUE(objects.ok()) << objects.status();
    for (const ObjectStore::Object& object : *objects) {
      if (kept.erase(object.name) == 0) {
        ASSERT_TRUE(objects_->Delete(object.name).ok());
      }
    }
    ASSERT_THAT(kept, testing::IsEmpty());
  }

  TemporaryFolder folder_;
  PosixDisk disk_;
  std::unique_ptr<LocalObjectStore> objects_;
  std::unique_ptr<FlakyStore> store_;
  RocksDbOptions options_;
  std::mt19937 random_;
  std::deque<Subtask> subtasks_;
  int64_t attempt_ = 0;
  int64_t checkpoint_ = 0;
  Manifest completed_;
  std::map<std::string, std::string> completed_entries_;
};

// Changes, checkpoints that complete, are lost or fail, and restores at other
// parallelisms and on the other backend, in an order drawn from the seed.
TEST(RocksDbBackendTest, RestoresWhatTheLastCompletedCheckpointHeld) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Job job(seed);
    job.Change(200);
    for (int step = 0; step < 25; ++step) {
      job.Change(static_cast<int>(job.Below(12)));
      job.Checkpoint();
      if (job.Below(6) == 0) {
        job.Start(1 + static_cast<int>(job.Below(4)), job.Below(3) != 0);
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

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
