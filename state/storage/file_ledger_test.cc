#include "state/storage/file_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "runtime/base/rng.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Manifest Checkpoint(int64_t id, const std::vector<std::string>& files) {
  Manifest manifest = {.job_id = "job", .checkpoint = CheckpointId(id)};
  OperatorSnapshot& snapshot = manifest.operators.emplace_back();
  KeyedPart& part = snapshot.parts.emplace_back();
  for (const std::string& file : files) {
    part.files.push_back({.blob = {.file = FileRef{.name = file}}});
  }
  return manifest;
}

std::vector<FileRef> Files(const std::vector<std::string>& names) {
  std::vector<FileRef> files;
  for (const std::string& name : names) files.push_back({.name = name});
  return files;
}

CheckpointId Id(int64_t id) { return CheckpointId(id); }

class FileLedgerTest : public testing::Test {
 protected:
  FileLedger ledger_;
};

TEST_F(FileLedgerTest, AFileGoesWithTheLastCheckpointThatRefersToIt) {
  EXPECT_THAT(ledger_.Add(Checkpoint(1, {"a", "b"})), IsEmpty());
  EXPECT_THAT(ledger_.Add(Checkpoint(2, {"b", "c"})), IsEmpty());
  EXPECT_THAT(ledger_.Remove(Id(1)), ElementsAre("job/chk-1/manifest", "a"));
  EXPECT_TRUE(ledger_.IsReferenced("b"));
  EXPECT_THAT(ledger_.Remove(Id(2)),
              ElementsAre("job/chk-2/manifest", "b", "c"));
  EXPECT_FALSE(ledger_.IsReferenced("b"));
}

TEST_F(FileLedgerTest, WhatIsSaidTwiceCountsOnce) {
  ledger_.Add(Checkpoint(1, {"a", "a"}));
  ledger_.Add(Checkpoint(1, {"a", "a"}));
  EXPECT_THAT(ledger_.checkpoints(), ElementsAre(Id(1)));
  EXPECT_THAT(ledger_.Remove(Id(1)), ElementsAre("job/chk-1/manifest", "a"));
  EXPECT_THAT(ledger_.Remove(Id(1)), IsEmpty());
  EXPECT_THAT(ledger_.Remove(Id(9)), IsEmpty());
}

TEST_F(FileLedgerTest, TheFilesOfAnAbandonedCheckpointGo) {
  ledger_.Add(Checkpoint(1, {"a"}));
  ledger_.Begin(Id(2));
  ledger_.Hold(Id(2), Files({"a", "new"}));
  EXPECT_THAT(ledger_.Abandon(Id(2)), ElementsAre("new"));
  EXPECT_THAT(ledger_.Abandon(Id(2)), IsEmpty());
}

TEST_F(FileLedgerTest, OneThatCompletesTakesItsFilesOver) {
  ledger_.Begin(Id(1));
  ledger_.Hold(Id(1), Files({"a"}));
  EXPECT_THAT(ledger_.Add(Checkpoint(1, {"a"})), IsEmpty());
  EXPECT_THAT(ledger_.Remove(Id(1)), ElementsAre("job/chk-1/manifest", "a"));
}

// FLINK-29913: shared state discarded with several checkpoints under way.
TEST_F(FileLedgerTest, WhatCountedWhenOneBeganStaysUntilItHasEnded) {
  ledger_.Add(Checkpoint(4, {"a"}));
  ledger_.Begin(Id(5));
  ledger_.Begin(Id(6));
  ledger_.Hold(Id(5), Files({"b"}));
  EXPECT_THAT(ledger_.Add(Checkpoint(5, {"b"})), IsEmpty());
  EXPECT_THAT(ledger_.Remove(Id(4)), ElementsAre("job/chk-4/manifest"));
  ledger_.Hold(Id(6), Files({"a", "c"}));
  EXPECT_THAT(ledger_.Add(Checkpoint(6, {"a", "c"})), IsEmpty());
  EXPECT_THAT(ledger_.Remove(Id(6)),
              ElementsAre("job/chk-6/manifest", "a", "c"));
}

TEST_F(FileLedgerTest, WhatNothingBuiltOnGoesWhenTheOneUnderWayEnds) {
  ledger_.Add(Checkpoint(4, {"a"}));
  ledger_.Begin(Id(6));
  EXPECT_THAT(ledger_.Remove(Id(4)), ElementsAre("job/chk-4/manifest"));
  EXPECT_THAT(ledger_.Add(Checkpoint(6, {"c"})), ElementsAre("a"));
}

TEST_F(FileLedgerTest, ForeignFilesAreNeverGivenOut) {
  Manifest other = Checkpoint(7, {"theirs"});
  other.job_id = "other";
  ledger_.AddForeign(other);
  ledger_.Add(Checkpoint(7, {"theirs", "ours"}));
  EXPECT_THAT(ledger_.Remove(Id(7)), ElementsAre("job/chk-7/manifest", "ours"));
  EXPECT_TRUE(ledger_.IsReferenced("theirs"));
  EXPECT_TRUE(ledger_.IsReferenced("other/chk-7/manifest"));
}

TEST_F(FileLedgerTest, OrphansAreOlderThanWhatIsUndecided) {
  const auto file = [](int64_t checkpoint) {
    return StateFileName("job", 1, Id(checkpoint), "c", 3, 4);
  };
  const std::vector<std::string> listed = {
      file(1),  file(2),  file(5),
      file(6),  file(9),  "job/chk-1/manifest",
      "job/chk-2/manifest", "job/chk-6/manifest", "job/shared/readme",
      "job/notes.txt",      "other/chk-1/manifest"};
  ledger_.Add(Checkpoint(2, {file(1), file(2)}));
  EXPECT_THAT(
      ledger_.Orphans("job", listed, Id(9)),
      UnorderedElementsAre(file(5), file(6), "job/chk-1/manifest",
                           "job/chk-6/manifest"));
  ledger_.Begin(Id(6));
  EXPECT_THAT(ledger_.Orphans("job", listed, Id(9)),
              UnorderedElementsAre(file(5), "job/chk-1/manifest"));
}

TEST_F(FileLedgerTest, SealedOutputOfACheckpointGivenUpBelongsToTheNext) {
  const auto file = [](int number) {
    return OutputFileName("job", 1, "sink", 0, number);
  };
  ledger_.Begin(Id(2));
  ledger_.Begin(Id(3));
  ledger_.Hold(Id(2), Files({file(1), file(2), "state"}));
  EXPECT_THAT(ledger_.Abandon(Id(2)), ElementsAre("state"));
  ledger_.Hold(Id(3), Files({file(1), file(2), file(3)}));
  EXPECT_THAT(ledger_.Abandon(Id(3)), IsEmpty());
  EXPECT_THAT(ledger_.Add(Checkpoint(1, {})), IsEmpty())
      << "it began before what was given up";
  EXPECT_THAT(ledger_.Add(Checkpoint(4, {file(2), file(3)})),
              ElementsAre(file(1)))
      << "that one was committed, or is of an attempt that is over";
  EXPECT_THAT(ledger_.Remove(Id(4)),
              ElementsAre("job/chk-4/manifest", file(2), file(3)));
}

TEST_F(FileLedgerTest, SealedOutputOfASavepointBelongsToTheNextCheckpoint) {
  const auto file = [](int number) {
    return OutputFileName("job", 1, "sink", 0, number);
  };
  const auto savepoint = [](int64_t id, const std::vector<std::string>& files) {
    Manifest manifest = Checkpoint(id, files);
    manifest.is_savepoint = true;
    return manifest;
  };
  ledger_.Begin(Id(1));
  ledger_.Hold(Id(1), Files({file(1)}));
  ledger_.Abandon(Id(1));
  EXPECT_THAT(ledger_.Add(savepoint(2, {"state", file(2)})), IsEmpty())
      << "no sink commits by it what was given up";
  EXPECT_THAT(ledger_.Remove(Id(2)),
              ElementsAre("job/chk-2/manifest", "state"));
  EXPECT_THAT(ledger_.Add(savepoint(3, {file(2), file(3)})), IsEmpty());
  EXPECT_THAT(ledger_.Remove(Id(3)), ElementsAre("job/chk-3/manifest"));
  EXPECT_THAT(ledger_.Add(Checkpoint(4, {file(2)})),
              ElementsAre(file(1), file(3)))
      << "what it does not name was committed";
  EXPECT_THAT(ledger_.Remove(Id(4)),
              ElementsAre("job/chk-4/manifest", file(2)));
}

TEST_F(FileLedgerTest, WhenTheJobHasEndedNothingTakesOverWhatWasGivenUp) {
  const std::string kept = OutputFileName("job", 1, "sink", 0, 1);
  const std::string lost = OutputFileName("job", 1, "sink", 0, 2);
  ledger_.Add(Checkpoint(1, {kept}));
  ledger_.Begin(Id(2));
  ledger_.Hold(Id(2), Files({kept, lost}));
  EXPECT_THAT(ledger_.Abandon(Id(2)), IsEmpty());
  EXPECT_THAT(ledger_.EndOutput(), ElementsAre(lost));
  EXPECT_THAT(ledger_.EndOutput(), IsEmpty());
}

TEST_F(FileLedgerTest, OutputOfAttemptsThatAreOverIsAnOrphan) {
  const std::string kept = OutputFileName("job", 1, "sink", 0, 1);
  const std::string lost = OutputFileName("job", 1, "sink", 0, 2);
  ledger_.Add(Checkpoint(5, {kept}));
  ledger_.Begin(Id(6));
  EXPECT_THAT(ledger_.Orphans("job", {kept, lost}, Id(9)), ElementsAre(lost));
}

// Against a ledger that recounts everything each time, for a thousand steps:
// nothing referred to is given out, and in the end nothing is left.
TEST(FileLedgerModelTest, GivesOutEachFileOnceItIsFreeAndNotBefore) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    FileLedger ledger;
    std::map<int64_t, std::set<std::string>> counting, pending;
    std::set<std::string> store;
    int64_t next = 1;
    const auto delete_all = [&](const std::vector<std::string>& names) {
      for (const std::string& name : names) {
        EXPECT_EQ(store.erase(name), 1) << "seed " << seed << " " << name;
        for (const auto& sets : {counting, pending}) {
          for (const auto& [id, files] : sets) {
            EXPECT_FALSE(files.contains(name)) << "seed " << seed << " " << id;
          }
        }
      }
    };
    const auto any = [&](const auto& map) {
      return std::next(map.begin(), rng.Below(map.size()));
    };
    for (int step = 0; step < 1000; ++step) {
      const uint64_t dice = rng.Below(5);
      if (dice == 0 && pending.size() < 3) {
        // What it builds on is of one that counts now.
        std::set<std::string>& files = pending[next];
        if (!counting.empty()) files = any(counting)->second;
        ledger.Begin(Id(next++));
      } else if (dice == 1 && !pending.empty()) {
        const auto& [id, files] = *any(pending);
        const std::string name = absl::StrCat(id, "-", step);
        pending[id].insert(name);
        store.insert(name);
        ledger.Hold(Id(id), Files({name}));
      } else if (dice == 2 && !pending.empty()) {
        const auto done = any(pending);
        const auto [id, files] = *done;
        pending.erase(done);
        counting[id] = files;
        store.insert(ManifestName("job", Id(id)));
        delete_all(ledger.Add(Checkpoint(id, {files.begin(), files.end()})));
      } else if (dice == 3 && !pending.empty() && rng.Below(3) == 0) {
        const auto failed = any(pending);
        const int64_t id = failed->first;
        pending.erase(failed);
        delete_all(ledger.Abandon(Id(id)));
      } else if (dice == 4 && counting.size() > 3) {
        const auto oldest = counting.begin();
        const int64_t id = oldest->first;
        counting.erase(oldest);
        delete_all(ledger.Remove(Id(id)));
      }
    }
    while (!pending.empty()) {
      const int64_t id = pending.begin()->first;
      pending.erase(id);
      delete_all(ledger.Abandon(Id(id)));
    }
    while (!counting.empty()) {
      const int64_t id = counting.begin()->first;
      counting.erase(id);
      delete_all(ledger.Remove(Id(id)));
    }
    EXPECT_THAT(store, IsEmpty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace millrace
