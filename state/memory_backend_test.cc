#include "state/memory_backend.h"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/background_pool.h"
#include "state/backend_subtask_test.h"
#include "state/operator_backend.h"

namespace millrace::memory_backend_test {
namespace {

using backend_subtask_test::GroupOf;
using backend_subtask_test::kMaxParallelism;
using backend_subtask_test::kSchema;
using backend_subtask_test::Subtask;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class MapStore final : public ObjectStore {
 public:
  absl::Status Put(const std::string& name, absl::string_view bytes) override {
    if (puts_left-- == 0) return absl::UnavailableError("away");
    EXPECT_TRUE(objects.emplace(name, bytes).second) << name << " twice";
    return absl::OkStatus();
  }
  absl::Status PutFile(const std::string&, const std::string&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::string> Get(const std::string& name, int64_t offset,
                                  int64_t length) override {
    const auto object = objects.find(name);
    if (object == objects.end()) return absl::NotFoundError(name);
    return object->second.substr(offset, length);
  }
  absl::Status GetFile(const std::string&, const std::string&) override {
    return absl::UnimplementedError("");
  }
  absl::Status Delete(const std::string& name) override {
    objects.erase(name);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<Object>> List(const std::string&) override {
    return std::vector<Object>();
  }

  std::map<std::string, std::string> objects;
  int puts_left = -1;  // Then fails; below 0: never.
};

// The subtasks of one operator, their checkpoints and a store that keeps only
// what the last completed checkpoint refers to.
class Job {
 public:
  Job(MemoryBackendOptions options, unsigned seed)
      : options_(options), random_(seed) {
    Start(2);
  }

  // Afterwards the subtasks hold what the last completed checkpoint held.
  void Start(int parallelism) {
    ++attempt_;
    subtasks_.clear();
    told_late_.clear();
    for (int i = 0; i < parallelism; ++i) {
      const BackendPlace place = {.job_id = "job", .attempt = attempt_,
                                  .uid = "counts",
                                  .subtask = i, .parallelism = parallelism,
                                  .max_parallelism = kMaxParallelism};
      Subtask& subtask = subtasks_.emplace_back();
      subtask.backend = NewMemoryBackend(place, &store, options_);
      auto reader = subtask.backend->Restore(ShareOf(completed_, place));
      ASSERT_TRUE(reader.ok()) << reader.status();
      const absl::Status read = Read(**reader, subtask.entries);
      ASSERT_TRUE(read.ok()) << read;
      subtask.changed.clear();
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

  // Takes a checkpoint; whether every upload worked.
  bool Snapshot() {
    ++checkpoint_;
    pending_ = Manifest{.checkpoint = CheckpointId(checkpoint_)};
    pending_entries_ = Whole();
    bool all = true;
    for (Subtask& subtask : subtasks_) {
      auto writer = subtask.backend->BeginSnapshot(CheckpointId(checkpoint_));
      subtask.Write(*writer);
      auto upload = subtask.backend->Freeze(std::move(writer));
      EXPECT_TRUE(upload.ok());
      auto snapshot = (*upload)();
      all &= snapshot.ok();
      if (snapshot.ok()) pending_.operators.push_back(*std::move(snapshot));
    }
    for (Subtask* subtask : std::exchange(told_late_, {})) {
      subtask->backend->OnComplete(completed_.checkpoint);
    }
    return all;
  }
  void Complete() {
    completed_ = pending_;
    completed_entries_ = pending_entries_;
    Sweep();
  }
  void TellComplete(unsigned lost_of_8) {
    for (Subtask& subtask : subtasks_) {
      if (Below(8) >= lost_of_8) {
        subtask.backend->OnComplete(completed_.checkpoint);
      } else if (Below(2) == 0) {
        told_late_.push_back(&subtask);  // After the next snapshot.
      }
    }
  }
  void Abort() {
    Sweep();
    for (Subtask& subtask : subtasks_) {
      if (Below(2) == 0) subtask.backend->OnAbort(CheckpointId(checkpoint_));
    }
  }

  unsigned Below(unsigned limit) { return random_() % limit; }
  const Manifest& completed() const { return completed_; }

  MapStore store;

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
  // As a whole or in ranges, which belong to a thread each.
  absl::Status Read(SnapshotReader& reader,
                    std::map<std::string, std::string>& entries) {
    std::vector<std::map<std::string, std::string>> parts;
    std::vector<KeyGroupRange> groups;
    const auto in_ranges = reader.ReadRanges(
        kSchema,
        [&](std::span<const SnapshotReader::Range> ranges) {
          parts.resize(ranges.size());
          for (const auto& range : ranges) groups.push_back(range.groups);
          return absl::OkStatus();
        },
        [&](size_t range, const EntryBatch& batch) {
          EXPECT_TRUE(groups[range].Contains(batch.group));
          for (size_t i = 0; i < batch.keys.size(); ++i) {
            parts[range].emplace(batch.keys[i], batch.values[i]);
          }
          return absl::OkStatus();
        });
    if (!in_ranges.ok()) return in_ranges.status();
    for (auto& part : parts) entries.merge(part);
    if (*in_ranges) return absl::OkStatus();
    return reader.ReadState(
        kSchema,
        [&](KeyGroup, absl::string_view key, absl::string_view value) {
          entries[std::string(key)] = std::string(value);
          return absl::OkStatus();
        });
  }
  void Sweep() {
    std::set<std::string> kept;
    for (const FileRef& file : FilesOf(completed_)) kept.insert(file.name);
    std::erase_if(store.objects, [&](const auto& object) {
      return !kept.contains(object.first);
    });
    EXPECT_EQ(store.objects.size(), kept.size());
  }

  const MemoryBackendOptions options_;
  std::mt19937 random_;
  std::deque<Subtask> subtasks_;
  std::vector<Subtask*> told_late_;
  int64_t attempt_ = 0;
  int64_t checkpoint_ = 0;
  Manifest pending_;
  Manifest completed_;
  std::map<std::string, std::string> pending_entries_;
  std::map<std::string, std::string> completed_entries_;
};

// Changes, checkpoints that complete, are lost or fail, and restores at other
// parallelisms, in an order drawn from the seed.
class MemoryBackendModelTest : public ::testing::TestWithParam<bool> {};

TEST_P(MemoryBackendModelTest, RestoresWhatTheLastCompletedCheckpointHeld) {
  BackgroundPool pool(2);
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Job job({.asks_for_changes = GetParam(),
             .inline_limit_bytes = seed % 3 == 0 ? 200 : 0,
             .restore = {.helpers = &pool,
                         .least_shared = seed % 2 == 0 ? 20u : 1'000'000u}},
            seed);
    job.Change(200);
    for (int step = 0; step < 40; ++step) {
      job.Change(static_cast<int>(job.Below(12)));
      job.store.puts_left = job.Below(6) == 0 ? 1 : -1;
      if (!job.Snapshot() || job.Below(5) == 0) {
        job.Abort();
      } else {
        job.Complete();
        job.TellComplete(/*lost_of_8=*/seed % 4);
      }
      if (job.Below(9) == 0) job.Start(1 + static_cast<int>(job.Below(5)));
      if (testing::Test::HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Extents, MemoryBackendModelTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Changes" : "All";
                         });

// One subtask, and what its backend asks for and refers to.
class MemoryBackendTest : public ::testing::Test {
 protected:
  MemoryBackendTest() {
    subtask_.backend = NewMemoryBackend(
        {.job_id = "job", .attempt = 7, .uid = "c",
         .max_parallelism = kMaxParallelism},
        &store_, {.asks_for_changes = true, .inline_limit_bytes = 0});
    for (int i = 0; i < 100; ++i) subtask_.Put(absl::StrCat("k", i), "v");
  }

  // The files that a snapshot refers to.
  std::vector<std::string> Snapshot(int64_t checkpoint) {
    auto writer = subtask_.backend->BeginSnapshot(CheckpointId(checkpoint));
    subtask_.Write(*writer);
    auto upload = subtask_.backend->Freeze(std::move(writer));
    auto snapshot = (*upload)();
    if (!snapshot.ok()) return {std::string(snapshot.status().message())};
    std::vector<std::string> names;
    for (const FileRef& file : FilesOf(*snapshot)) names.push_back(file.name);
    return names;
  }
  void Complete(int64_t checkpoint) {
    subtask_.backend->OnComplete(CheckpointId(checkpoint));
  }
  // What another attempt wrote of states that have `written`, and this one has
  // read of kSchema.
  OperatorSnapshot Restored(const std::vector<StateSchema>& written) {
    auto backend = NewMemoryBackend(
        {.job_id = "job", .attempt = 6, .uid = "c",
         .max_parallelism = kMaxParallelism},
        &store_, {.inline_limit_bytes = 0});
    auto writer = backend->BeginSnapshot(CheckpointId(1));
    for (const StateSchema& schema : written) {
      EXPECT_TRUE(writer->BeginState(schema).ok());
      for (const auto& [key, value] : subtask_.entries) {
        EXPECT_TRUE(writer->Entry(KeyGroup(3), key, value).ok());
      }
    }
    subtask_.changed.clear();
    OperatorSnapshot snapshot = *(*backend->Freeze(std::move(writer)))();
    auto reader = subtask_.backend->Restore({snapshot});
    EXPECT_TRUE((*reader)
                    ->ReadState(kSchema,
                                [](auto&&...) { return absl::OkStatus(); })
                    .ok());
    return snapshot;
  }
  static std::string File(int64_t checkpoint, int number) {
    return StateFileName("job", 7, CheckpointId(checkpoint), "c", 0, number);
  }

  MapStore store_;
  Subtask subtask_;
};

TEST_F(MemoryBackendTest, BuildsOnTheFilesOfCompletedCheckpoints) {
  EXPECT_THAT(Snapshot(1), ElementsAre(File(1, 0)));
  Complete(1);
  subtask_.Put("k1", "w");
  EXPECT_THAT(Snapshot(2), ElementsAre(File(1, 0), File(2, 0)));
  Complete(2);
  EXPECT_THAT(Snapshot(3), ElementsAre(File(1, 0), File(2, 0)))
      << "nothing has changed";
}

TEST_F(MemoryBackendTest, UploadsAgainWhatIsNotKnownToHaveCompleted) {
  Snapshot(1);
  subtask_.Put("k1", "w");
  EXPECT_THAT(Snapshot(2), ElementsAre(File(2, 0), File(2, 1)));
  Complete(1);
  subtask_.Put("k2", "w");
  EXPECT_THAT(Snapshot(3), ElementsAre(File(3, 0), File(3, 1), File(3, 2)))
      << "the news of 1 came late: 2 may have taken its place";
  Complete(3);
  EXPECT_THAT(Snapshot(4), ElementsAre(File(3, 0), File(3, 1), File(3, 2)));
}

TEST_F(MemoryBackendTest, BeginsAnewWhenChangesOutgrowHalfOfTheBase) {
  Snapshot(1);
  Complete(1);
  for (int i = 0; i < 60; ++i) subtask_.Put(absl::StrCat("k", i), "w");
  EXPECT_THAT(Snapshot(2), ElementsAre(File(1, 0), File(2, 0)));
  Complete(2);
  EXPECT_THAT(Snapshot(3), ElementsAre(File(3, 0)));
}

TEST_F(MemoryBackendTest, GoesOnFromTheRunsThatItWasRestoredFrom) {
  const OperatorSnapshot restored = Restored({kSchema});
  EXPECT_THAT(Snapshot(2), ElementsAre(FilesOf(restored)[0].name));
  subtask_.Put("k1", "w");
  EXPECT_THAT(Snapshot(3),
              ElementsAre(FilesOf(restored)[0].name, File(3, 0)));
}

TEST_F(MemoryBackendTest, BeginsAnewWhereTheOperatorLeftAStateBehind) {
  StateSchema other = kSchema;
  other.id = 2;
  Restored({kSchema, other});
  EXPECT_THAT(Snapshot(2), ElementsAre(File(2, 0)));
}

TEST_F(MemoryBackendTest, AFailedUploadSaysSo) {
  store_.puts_left = 0;
  EXPECT_THAT(Snapshot(1), ElementsAre("away"));
}

TEST_F(MemoryBackendTest, SaysWhichSchemaChanged) {
  auto writer = subtask_.backend->BeginSnapshot(CheckpointId(1));
  subtask_.Write(*writer);
  auto snapshot = (*subtask_.backend->Freeze(std::move(writer)))();
  ASSERT_TRUE(snapshot.ok());
  StateSchema changed = kSchema;
  changed.value_type = "BIGINT";
  auto reader = subtask_.backend->Restore({*snapshot});
  ASSERT_TRUE(reader.ok());
  const absl::Status read = (*reader)->ReadState(
      changed, [](auto&&...) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsFailedPrecondition(read));
  EXPECT_THAT(std::string(read.message()),
              HasSubstr("\"numbers\" of c was stored as version 1 (STRING -> "
                        "STRING) and the plan has \"numbers\" as version 1 "
                        "(STRING -> BIGINT)"));
}

TEST_F(MemoryBackendTest, AMissingFileIsDataLoss) {
  auto writer = subtask_.backend->BeginSnapshot(CheckpointId(1));
  subtask_.Write(*writer);
  auto snapshot = (*subtask_.backend->Freeze(std::move(writer)))();
  store_.objects.clear();
  EXPECT_TRUE(absl::IsDataLoss(
      subtask_.backend->Restore({*snapshot}).status()));
}

TEST(ShareOfTest, SplitsSomeListsAndRepeatsOthers) {
  Manifest manifest;
  for (int i = 0; i < 3; ++i) {
    manifest.operators.push_back(
        {.uid = "source",
         .subtask = i,
         .lists = {{.name = "splits",
                    .items = {absl::StrCat(i, "a"), absl::StrCat(i, "b")}},
                   {.name = "watermark",
                    .redistribution = Redistribution::kUnion,
                    .items = {absl::StrCat(i)}}}});
  }
  manifest.operators.push_back({.uid = "other", .lists = {{.name = "splits"}}});
  const auto items = [&](int subtask, absl::string_view list) {
    std::vector<std::string> all;
    const BackendPlace place = {.uid = "source", .subtask = subtask,
                                .parallelism = 2};
    for (const OperatorSnapshot& snapshot : ShareOf(manifest, place)) {
      for (const ItemList& given : snapshot.lists) {
        if (given.name != list) continue;
        all.insert(all.end(), given.items.begin(), given.items.end());
      }
    }
    return all;
  };
  EXPECT_THAT(items(0, "splits"), ElementsAre("0a", "1a", "2a"));
  EXPECT_THAT(items(1, "splits"), ElementsAre("0b", "1b", "2b"));
  EXPECT_THAT(items(0, "watermark"), UnorderedElementsAre("0", "1", "2"));
}

}  // namespace
}  // namespace millrace::memory_backend_test
