#include "state/storage/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/rng.h"
#include "state/storage/file_ledger.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kJob[] = "0123456789abcdef0123456789abcdef";

Manifest ManifestOf(CheckpointId id, int64_t attempt = 1) {
  return {.job_id = kJob,
          .job_name = absl::StrCat("attempt ", attempt),
          .checkpoint = id};
}

class CheckpointStoreTest : public testing::Test {
 protected:
  void TearDown() override { SetFailpointHandler(nullptr); }

  JobRecord Begin() {
    const auto record = store_.BeginAttempt(kJob);
    EXPECT_TRUE(record.ok()) << record.status();
    return *record;
  }
  // One more checkpoint of the attempt, from the first step to the last.
  absl::StatusOr<JobRecord> Take(const JobRecord& record, int limit = 3) {
    const auto reserved = store_.ReserveId(record);
    if (!reserved.ok()) return reserved;
    const auto written = store_.WriteManifest(
        ManifestOf(reserved->last_checkpoint, record.attempt));
    if (!written.ok()) return written.status();
    return store_.SwapPointer(*reserved, *written, limit);
  }
  std::optional<int64_t> Latest() {
    const auto record = store_.Find(kJob);
    EXPECT_TRUE(record.ok() && *record) << record.status();
    const auto latest = store_.LoadLatest(**record);
    EXPECT_TRUE(latest.ok()) << latest.status();
    if (!*latest) return std::nullopt;
    return (*latest)->checkpoint.value();
  }

  SimBucket bucket_{1};
  SimDisk disk_{1};
  SimObjectStore objects_{&bucket_, &disk_};
  SimHaStore records_{1};
  CheckpointStore store_{&objects_, &records_};
};

TEST_F(CheckpointStoreTest, AJobBeginsWithNothing) {
  EXPECT_EQ(*store_.Find(kJob), std::nullopt);
  const JobRecord record = Begin();
  EXPECT_EQ(record.attempt, 1);
  EXPECT_FALSE(record.finished);
  EXPECT_EQ(Latest(), std::nullopt);
}

TEST_F(CheckpointStoreTest, TheLatestIsWhatWasSwappedInLast) {
  JobRecord record = Begin();
  for (int64_t id = 1; id <= 5; ++id) {
    const auto taken = Take(record);
    ASSERT_TRUE(taken.ok()) << taken.status();
    record = *taken;
    EXPECT_EQ(Latest(), id);
  }
  std::vector<int64_t> ids;
  for (const auto& retained : record.retained) {
    ids.push_back(retained.checkpoint.value());
    const auto manifest = store_.Load(kJob, retained);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    EXPECT_EQ(manifest->checkpoint, retained.checkpoint);
  }
  EXPECT_THAT(ids, ElementsAre(3, 4, 5));
  // One that is written and not swapped in does not count.
  const auto reserved = store_.ReserveId(record);
  ASSERT_TRUE(store_.WriteManifest(ManifestOf(CheckpointId(6))).ok());
  EXPECT_EQ(Latest(), 5);
}

TEST_F(CheckpointStoreTest, IdsAreAboveWhatAJobBeganFrom) {
  const auto first = store_.ReserveId(Begin(), CheckpointId(40));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->last_checkpoint, CheckpointId(41));
  const auto second = store_.ReserveId(*first, CheckpointId(40));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->last_checkpoint, CheckpointId(42));
}

TEST_F(CheckpointStoreTest, ANewAttemptShutsOutTheOneBefore) {
  const JobRecord old = *Take(Begin());
  const auto reserved = store_.ReserveId(old);
  const auto written = store_.WriteManifest(ManifestOf(CheckpointId(2)));
  const JobRecord young = Begin();
  EXPECT_EQ(young.attempt, 2);
  EXPECT_EQ(young.retained, old.retained);
  EXPECT_EQ(young.last_checkpoint, CheckpointId(2));
  EXPECT_TRUE(absl::IsAborted(
      store_.SwapPointer(*reserved, *written, 3).status()));
  EXPECT_TRUE(absl::IsAborted(store_.ReserveId(*reserved).status()));
  EXPECT_TRUE(absl::IsAborted(store_.Refresh(*reserved).status()));
  EXPECT_TRUE(absl::IsAborted(store_.Forget(*reserved).status()));
  EXPECT_EQ(Latest(), 1);
  EXPECT_EQ(*store_.Refresh(young), young);
  EXPECT_EQ(Take(young)->retained.back().checkpoint, CheckpointId(3));
}

// An answer that was lost: the same call again says what became of it.
TEST_F(CheckpointStoreTest, ASwapOfUnknownOutcomeIsDecidedByCallingAgain) {
  int64_t unknown = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimHaStore records(seed);
    CheckpointStore store(&objects_, &records);
    const std::string job = absl::StrCat("job", seed);
    JobRecord record = *store.BeginAttempt(job);
    record = *store.ReserveId(record);
    Manifest manifest = ManifestOf(CheckpointId(1));
    manifest.job_id = job;
    const auto written = store.WriteManifest(manifest);
    records.set_faults({.unavailable = 0.3, .unknown = 0.6});
    absl::StatusOr<JobRecord> swapped = absl::UnknownError("");
    while (!swapped.ok()) {
      swapped = store.SwapPointer(record, *written, 3);
      ASSERT_TRUE(swapped.ok() || absl::IsUnknown(swapped.status()) ||
                  absl::IsUnavailable(swapped.status()))
          << swapped.status();
      unknown += absl::IsUnknown(swapped.status());
    }
    records.set_faults({});
    const auto now = store.Find(job);
    EXPECT_EQ(**now, *swapped);
  }
  EXPECT_GT(unknown, 10);
}

TEST_F(CheckpointStoreTest, AnUnreadableLatestIsAnErrorThatNamesIt) {
  const JobRecord record = *Take(*Take(Begin()));
  const std::string name = absl::StrCat(kJob, "/chk-2/manifest");
  const auto expect_refused = [&](absl::string_view how) {
    const auto latest = store_.LoadLatest(record);
    EXPECT_TRUE(absl::IsDataLoss(latest.status())) << how;
    EXPECT_THAT(std::string(latest.status().message()), HasSubstr(name));
    EXPECT_THAT(std::string(latest.status().message()),
                HasSubstr("--from-savepoint"));
  };
  const std::string whole = *objects_.Get(name, 0, 10000);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    bucket_.FlipBit(name, bit);
    expect_refused(absl::StrCat("bit ", bit));
    bucket_.FlipBit(name, bit);
  }
  for (size_t size = whole.size(); size-- > 0;) {
    bucket_.Cut(name, size);
    expect_refused(absl::StrCat("cut at ", size));
  }
  ASSERT_TRUE(objects_.Delete(name).ok());
  expect_refused("deleted");
  // A whole manifest of another checkpoint is none of this one.
  RetainedCheckpoint other = record.retained.front();
  other.checkpoint = CheckpointId(2);
  EXPECT_TRUE(absl::IsDataLoss(store_.Load(kJob, other).status()));
  EXPECT_TRUE(
      absl::IsDataLoss(store_.Load("another", record.retained[0]).status()));
}

TEST_F(CheckpointStoreTest, AStoreThatIsAwayIsNoDataLoss) {
  const JobRecord record = *Take(Begin());
  bucket_.set_faults({.unavailable = 1});
  EXPECT_TRUE(absl::IsUnavailable(store_.LoadLatest(record).status()));
}

TEST_F(CheckpointStoreTest, ADamagedRecordIsNeverTakenForNone) {
  const JobRecord record = *Take(Begin());
  const std::string bytes = EncodeJobRecord(record);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(DecodeJobRecord(damaged).status())) << i;
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeJobRecord(bytes.substr(0, i)).status()));
  }
  const std::string name = JobRecordName(kJob);
  ASSERT_TRUE(records_.CompareAndSwap(name, record.version, "garbage").ok());
  EXPECT_TRUE(absl::IsDataLoss(store_.Find(kJob).status()));
  EXPECT_TRUE(absl::IsDataLoss(store_.BeginAttempt(kJob).status()));
}

TEST_F(CheckpointStoreTest, ALeaderOfThePastBeginsNoAttempt) {
  ASSERT_TRUE(store_.BeginAttempt(kJob, {.term = 3}).ok());
  const auto late = store_.BeginAttempt(kJob, {.term = 2});
  EXPECT_TRUE(absl::IsAborted(late.status())) << late.status();
  EXPECT_EQ((**store_.Find(kJob)).attempt, 1);
  EXPECT_TRUE(store_.BeginAttempt(kJob, {.term = 3}).ok());
  EXPECT_TRUE(store_.BeginAttempt(kJob, {.term = 4}).ok());
  EXPECT_EQ((**store_.Find(kJob)).term, 4);
}

// FLINK-33011: the records are deleted, the checkpoints are there.
TEST_F(CheckpointStoreTest, AJobWithoutItsRecordDoesNotBeginFromNothing) {
  const JobRecord record = *Take(Begin());
  ASSERT_TRUE(
      records_.CompareAndDelete(JobRecordName(kJob), record.version).ok());
  const auto begun = store_.BeginAttempt(kJob);
  EXPECT_TRUE(absl::IsDataLoss(begun.status()));
  EXPECT_THAT(std::string(begun.status().message()), HasSubstr("JOB-0045"));
}

TEST_F(CheckpointStoreTest, AFinishedJobStartsAnewWithNewNumbers) {
  const JobRecord last = *Take(Begin());
  const auto forgotten = store_.Forget(last);
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_EQ(Latest(), std::nullopt);
  EXPECT_TRUE((**store_.Find(kJob)).finished);
  // FLINK-39704: nothing of before brings it back.
  EXPECT_TRUE(absl::IsAborted(store_.ReserveId(last).status()));
  const JobRecord anew = Begin();
  EXPECT_TRUE(anew.finished);
  EXPECT_EQ(anew.attempt, 2);
  const auto taken = Take(anew);
  EXPECT_EQ(taken->retained.back().checkpoint, CheckpointId(2));
  EXPECT_FALSE((**store_.Find(kJob)).finished);
}

TEST_F(CheckpointStoreTest, DeletesWhatItCanAndSaysWhatItCouldNot) {
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(objects_.Put(name, "x").ok());
  }
  bucket_.set_faults({.ambiguous = 1});
  EXPECT_TRUE(absl::IsUnavailable(store_.Delete({"a", "b", "none"})));
  EXPECT_THAT(bucket_.Names(), ElementsAre("c"));
  bucket_.set_faults({});
  EXPECT_TRUE(store_.Delete({"a", "b", "none"}).ok());
}

TEST_F(CheckpointStoreTest, AFailpointBeforeOrAfterTheSwapLeavesItDecidable) {
  const struct {
    const char* name;
    bool is_latest_afterwards;
  } kCases[] = {{"jm.complete.before_metadata_put", false},
                {"jm.complete.after_metadata_put", false},
                {"jm.complete.before_cas", false},
                {"jm.complete.after_cas", true}};
  JobRecord record = *Take(Begin());
  for (const auto& c : kCases) {
    SetFailpointHandler([&](absl::string_view name) {
      return name == c.name ? absl::UnavailableError("here")
                            : absl::OkStatus();
    });
    EXPECT_FALSE(Take(record).ok()) << c.name;
    SetFailpointHandler(nullptr);
    const JobRecord now = **store_.Find(kJob);
    EXPECT_EQ(Latest() == now.last_checkpoint.value(), c.is_latest_afterwards)
        << c.name;
    record = now;
  }
}

// Two masters, each of which takes itself for the only one, under all faults.
// The rule: a checkpoint that a swap was OK for stays the latest until a later
// one is, and what is restored is the newest that counts (FLINK-19816, 14145,
// 25486). Every master deletes as its ledger says; nothing that counts is lost.
class TwoMasters {
 public:
  explicit TwoMasters(uint64_t seed)
      : rng_(seed),
        bucket_(rng_.Next()),
        disk_(rng_.Next()),
        objects_(&bucket_, &disk_),
        records_(rng_.Next()),
        store_(&objects_, &records_) {
    bucket_.set_faults({.unavailable = 0.1, .ambiguous = 0.1, .list_lag = 9});
    records_.set_faults({.unavailable = 0.1, .unknown = 0.2});
  }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) Step(masters_[rng_.Below(2)]);
  }

  int completed() const { return completed_; }

  // Everything that counts is there, and after an audit nothing else.
  void CheckStore() {
    bucket_.set_faults({});
    records_.set_faults({});
    const auto record = store_.BeginAttempt(kJob);
    ASSERT_TRUE(record.ok()) << record.status();
    FileLedger ledger;
    for (const RetainedCheckpoint& retained : record->retained) {
      const auto manifest = store_.Load(kJob, retained);
      ASSERT_TRUE(manifest.ok()) << manifest.status();
      for (const FileRef& file : FilesOf(*manifest)) {
        ASSERT_TRUE(ReadFile(file)) << file.name;
      }
      ledger.Add(*manifest);
    }
    ASSERT_TRUE(Audit(ledger, *record).ok());
    for (const std::string& name : bucket_.Names()) {
      EXPECT_TRUE(ledger.IsReferenced(name)) << name;
    }
  }

 private:
  struct Master {
    std::optional<JobRecord> record;
    FileLedger ledger;
    std::optional<Manifest> base;  // The latest that counts, for this one.
    // A swap that is not decided yet.
    std::optional<Manifest> pending;
    std::optional<RetainedCheckpoint> written;
    JobRecord reserved;
    bool in_doubt = false;
  };

  bool ReadFile(const FileRef& file) {
    return objects_.Get(file.name, 0, 100).ok();
  }

  absl::Status Audit(const FileLedger& ledger, const JobRecord& record) {
    const auto listed = store_.ListObjects(kJob);
    if (!listed.ok()) return listed.status();
    return store_.Delete(
        ledger.Orphans(kJob, *listed, record.last_checkpoint.Next()));
  }

  void Step(Master& master) {
    if (!master.record) {
      BeginAttempt(master);
    } else if (master.written) {
      Swap(master);
    } else if (rng_.Below(20) == 0) {
      // It is killed, wherever it stands, and comes back as a new attempt.
      master = {};
    } else if (rng_.Below(4) == 0) {
      // Also where another has taken over and this one does not know yet.
      Audit(master.ledger, *master.record).IgnoreError();
    } else {
      Write(master);
    }
  }

  void BeginAttempt(Master& master) {
    const auto record = store_.BeginAttempt(kJob);
    if (!record.ok()) {
      ASSERT_TRUE(absl::IsUnavailable(record.status())) << record.status();
      return;
    }
    EXPECT_TRUE(attempts_.insert(record->attempt).second);
    const CheckpointId latest = record->retained.empty()
                                    ? CheckpointId(0)
                                    : record->retained.back().checkpoint;
    EXPECT_GE(latest, latest_) << "an older checkpoint came back";
    Master fresh;
    for (const RetainedCheckpoint& retained : record->retained) {
      const auto manifest = store_.Load(kJob, retained);
      ASSERT_TRUE(manifest.ok() || absl::IsUnavailable(manifest.status()))
          << manifest.status();
      if (!manifest.ok()) return;
      fresh.ledger.Add(*manifest);
      fresh.base = *manifest;
    }
    fresh.record = *record;
    master = std::move(fresh);
  }

  // A checkpoint that builds on the files of the one before.
  void Write(Master& master) {
    const auto reserved = store_.ReserveId(*master.record);
    if (absl::IsAborted(reserved.status())) master = {};
    if (!reserved.ok()) return;
    const CheckpointId id = reserved->last_checkpoint;
    EXPECT_TRUE(ids_.insert(id).second);
    master.record = master.reserved = *reserved;
    Manifest manifest = ManifestOf(id, reserved->attempt);
    KeyedPart& part = manifest.operators.emplace_back().parts.emplace_back();
    if (master.base) {
      for (FileRef& file : FilesOf(*master.base)) {
        if (rng_.Below(3) > 0) part.files.push_back({.blob = {.file = file}});
      }
    }
    const std::string name = StateFileName(kJob, reserved->attempt, id,
                                           "c", 0, 0);
    part.files.push_back({.blob = {.file = FileRef{.name = name}}});
    master.ledger.Begin(id);
    master.ledger.Hold(id, FilesOf(manifest));
    const bool uploaded = objects_.Put(name, "state").ok();
    const auto written = store_.WriteManifest(manifest);
    if (!uploaded || !written.ok()) {
      store_.Delete(master.ledger.Abandon(id)).IgnoreError();
      return;
    }
    master.pending = std::move(manifest);
    master.written = *written;
    master.in_doubt = false;
  }

  void Swap(Master& master) {
    const auto swapped = store_.SwapPointer(master.reserved, *master.written,
                                            /*limit=*/2);
    if (absl::IsAborted(swapped.status())) {
      master = {};  // Another's: nothing is deleted.
    } else if (swapped.ok()) {
      ++completed_;
      EXPECT_GT(master.written->checkpoint, latest_);
      latest_ = master.written->checkpoint;
      Keep(master, *swapped);
    } else {
      master.in_doubt |= absl::IsUnknown(swapped.status());
      if (master.in_doubt || rng_.Below(2) == 0) return;
      store_.Delete(master.ledger.Abandon(master.written->checkpoint))
          .IgnoreError();
      master.written.reset();
    }
  }

  void Keep(Master& master, const JobRecord& record) {
    std::vector<std::string> free = master.ledger.Add(*master.pending);
    for (const CheckpointId id : master.ledger.checkpoints()) {
      if (id >= record.retained.front().checkpoint) continue;
      for (std::string& name : master.ledger.Remove(id)) {
        free.push_back(std::move(name));
      }
    }
    store_.Delete(free).IgnoreError();
    master.record = record;
    master.base = *std::exchange(master.pending, std::nullopt);
    master.written.reset();
  }

  Rng rng_;
  SimBucket bucket_;
  SimDisk disk_;
  SimObjectStore objects_;
  SimHaStore records_;
  CheckpointStore store_;
  Master masters_[2];
  std::set<int64_t> attempts_;
  std::set<CheckpointId> ids_;
  CheckpointId latest_;
  int completed_ = 0;
};

TEST(TwoMastersTest, TheNewestThatCountsIsWhatIsRestoredAndNothingIsLost) {
  int completed = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TwoMasters masters(seed);
    masters.Run(300);
    masters.CheckStore();
    completed += masters.completed();
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(completed, 2000);
}

}  // namespace
}  // namespace millrace
