// Whole checkpoints on a disk that fails: the folder of an embedded run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "runtime/base/rng.h"
#include "runtime/base/status_macros.h"
#include "state/storage/checkpoint_store.h"
#include "state/storage/file_ledger.h"
#include "state/storage/local_ha_store.h"
#include "state/storage/local_object_store.h"
#include "state/storage/verified_read.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace::local_checkpoint_test {
namespace {

constexpr char kJob[] = "job";

// One process that runs a job over a disk.
class EmbeddedRun {
 public:
  static absl::StatusOr<EmbeddedRun> Start(SimDisk& disk) {
    EmbeddedRun run;
    ASSIGN_OR_RETURN(run.objects_,
                     LocalObjectStore::Open(&disk, {.folder = "/data/state"}));
    ASSIGN_OR_RETURN(run.records_,
                     LocalHaStore::Open(&disk, {.folder = "/data/ha"}));
    run.store_ = std::make_unique<CheckpointStore>(run.objects_.get(),
                                                   run.records_.get());
    ASSIGN_OR_RETURN(run.record_, run.store_->BeginAttempt(kJob));
    return run;
  }

  // The id of what it would restore, with every file of it read.
  absl::StatusOr<int64_t> Restore() {
    ASSIGN_OR_RETURN(const auto latest, store_->LoadLatest(record_));
    if (!latest) return 0;
    for (const FileRef& file : FilesOf(*latest)) {
      RETURN_IF_ERROR(ReadVerified(*objects_, file).status());
    }
    return latest->checkpoint.value();
  }

  // Uploads a file, completes the checkpoint, deletes the one before.
  absl::Status TakeCheckpoint() {
    ASSIGN_OR_RETURN(const JobRecord reserved, store_->ReserveId(record_));
    record_ = reserved;
    const CheckpointId id = reserved.last_checkpoint;
    const std::string state = absl::StrCat("state of ", id.value());
    const FileRef file = {
        .name = StateFileName(kJob, reserved.attempt, id, "c", 0, 0),
        .size_bytes = static_cast<int64_t>(state.size()),
        .crc32c = Crc32c(state)};
    RETURN_IF_ERROR(objects_->Put(file.name, state));
    Manifest manifest = {.job_id = kJob, .checkpoint = id};
    manifest.operators.emplace_back().parts.emplace_back().files.push_back(
        {.blob = {.file = file}});
    ASSIGN_OR_RETURN(const auto written, store_->WriteManifest(manifest));
    ASSIGN_OR_RETURN(record_, store_->SwapPointer(reserved, written, 1));
    return Clean();
  }

  // Deletes everything that does not count.
  absl::Status Clean() {
    FileLedger ledger;
    for (const RetainedCheckpoint& retained : record_.retained) {
      ASSIGN_OR_RETURN(const auto manifest, store_->Load(kJob, retained));
      ledger.Add(manifest);
    }
    ASSIGN_OR_RETURN(const auto listed, store_->ListObjects(kJob));
    return store_->Delete(
        ledger.Orphans(kJob, listed, record_.last_checkpoint.Next()));
  }

  size_t object_count() const { return objects_->List("")->size(); }

 private:
  EmbeddedRun() = default;

  std::unique_ptr<LocalObjectStore> objects_;
  std::unique_ptr<LocalHaStore> records_;
  std::unique_ptr<CheckpointStore> store_;
  JobRecord record_;
};

// Runs two checkpoints and a third that `harm` comes to; true when that one
// got through. Then a new process restores the second or the third, the third
// if it was said to be done, and goes on.
bool SurvivesThird(SimDisk& disk, const std::function<void()>& harm,
                   const std::function<void()>& end_process) {
  auto run = EmbeddedRun::Start(disk);
  EXPECT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(run->TakeCheckpoint().ok());
  EXPECT_TRUE(run->TakeCheckpoint().ok());
  harm();
  const bool is_done = run->TakeCheckpoint().ok();
  end_process();
  auto again = EmbeddedRun::Start(disk);
  EXPECT_TRUE(again.ok()) << again.status();
  if (!again.ok()) return is_done;
  const auto restored = again->Restore();
  EXPECT_TRUE(restored.ok()) << restored.status();
  EXPECT_TRUE(restored.ok() && (*restored == 3 || (*restored == 2 && !is_done)))
      << restored.status();
  EXPECT_TRUE(again->TakeCheckpoint().ok());
  EXPECT_GE(again->Restore().value_or(0), 3);
  EXPECT_EQ(again->object_count(), 2) << "one file and one manifest";
  return is_done;
}

TEST(LocalCheckpointTest, TheMachineMayEndBeforeAnyStepOfOne) {
  for (const bool by_power_cut : {false, true}) {
    bool is_done = false;
    int step = 0;
    while (!is_done) {
      ASSERT_LT(++step, 100);
      for (uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(absl::StrCat("step ", step, " seed ", seed));
        SimDisk disk(seed);
        is_done = SurvivesThird(
            disk, [&] { disk.StopBefore(step); },
            [&] { by_power_cut ? disk.PowerCut() : disk.Kill(); });
      }
    }
    EXPECT_GT(step, 15);
  }
}

TEST(LocalCheckpointTest, AnyOneChangeOfItMayFail) {
  for (const auto code : {absl::StatusCode::kUnavailable,
                          absl::StatusCode::kResourceExhausted,
                          absl::StatusCode::kPermissionDenied}) {
    int failed = 0;
    for (int nth = 1; nth < 40; ++nth) {
      SCOPED_TRACE(absl::StrCat("change ", nth));
      SimDisk disk(nth);
      failed += !SurvivesThird(
          disk, [&] { disk.FailChange(nth, code); }, [&] { disk.PowerCut(); });
    }
    EXPECT_GT(failed, 5);
  }
}

TEST(LocalCheckpointTest, AFullDiskKeepsTheLastGoodOne) {
  int failed = 0;
  for (int64_t capacity = 300; capacity < 1500; capacity += 3) {
    SCOPED_TRACE(absl::StrCat(capacity, " bytes"));
    SimDisk disk(1);
    failed += !SurvivesThird(
        disk, [&] { disk.set_faults({.capacity_bytes = capacity}); },
        [&] {
          disk.PowerCut();
          disk.set_faults({});
        });
  }
  EXPECT_GT(failed, 10);
}

// Objects of a store, flipped and cut at random: what is read is what was
// written, or it is refused.
TEST(LocalCheckpointTest, AThousandDamagedFilesAreRefused) {
  SimDisk disk(1);
  const auto store = LocalObjectStore::Open(&disk, {.folder = "/s"});
  Rng rng(7);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes;
    for (uint64_t n = 1 + rng.Below(2000); n > 0; --n) {
      bytes.push_back(static_cast<char>(rng.Next()));
    }
    const FileRef file = {.name = absl::StrCat("j/", i),
                          .size_bytes = static_cast<int64_t>(bytes.size()),
                          .crc32c = Crc32c(bytes)};
    std::string damaged = bytes;
    if (rng.Below(3) == 0) damaged.resize(rng.Below(bytes.size()));
    for (uint64_t n = rng.Below(5); n > 0 && !damaged.empty(); --n) {
      damaged[rng.Below(damaged.size())] ^=
          static_cast<char>(1 << rng.Below(8));
    }
    ASSERT_TRUE((*store)->Put(file.name, damaged).ok());
    const auto read = ReadVerified(**store, file);
    if (damaged == bytes) {
      EXPECT_EQ(*read, bytes);
    } else {
      EXPECT_TRUE(absl::IsDataLoss(read.status())) << i;
    }
  }
}

}  // namespace
}  // namespace millrace::local_checkpoint_test
