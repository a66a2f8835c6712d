#include <deque>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "state/backend_subtask_test.h"
#include "state/rocksdb_backend.h"
#include "state/storage/local_object_store.h"

namespace millrace::rocksdb_job_test {
namespace {

using backend_subtask_test::GroupOf;
using backend_subtask_test::kMaxParallelism;
using backend_subtask_test::kSchema;
using backend_subtask_test::Subtask;
using backend_subtask_test::TemporaryFolder;

// A store of which one write fails.
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

  int puts_left = -1;  // Before the one that fails; below 0: none does.

 private:
  bool IsAway() { return puts_left-- == 0; }

  ObjectStore* store_;
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
TEST(RocksDbJobTest, RestoresWhatTheLastCompletedCheckpointHeld) {
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

}  // namespace
}  // namespace millrace::rocksdb_job_test
