#include "jobmanager/cluster/savepoint_origin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A job that has claimed checkpoint 7 of another one, as the next leader finds
// it, with what its first one has noted.
class SavepointOriginTest : public ::testing::Test {
 protected:
  SavepointOriginTest() { Put(7); }

  void Put(int64_t checkpoint) {
    ASSERT_TRUE(disk_.MakeDirectory("/sp").ok());
    const Manifest manifest = {.job_id = "other",
                               .checkpoint = CheckpointId(checkpoint)};
    ASSERT_TRUE(
        WriteDurably(disk_, "/sp/manifest", EncodeManifest(manifest)).ok());
  }
  void Drop(const std::string& claimed) {
    const RegisteredJob job = {.job_id = "job",
                               .savepoint = "/sp",
                               .claims_savepoint = true,
                               .claimed = claimed};
    SavepointOrigin(job, &objects_, &disk_, [this](const std::string& line) {
      said_.push_back(line);
    }).Drop();
  }
  bool IsThere() { return !disk_.List("/sp")->empty(); }

  SimDisk disk_{1};
  SimBucket bucket_{1};
  SimObjectStore objects_{&bucket_, &disk_};
  std::vector<std::string> said_;
};

TEST_F(SavepointOriginTest, WhatWasClaimedGoes) {
  Drop("other/7");
  EXPECT_FALSE(IsThere());
  Drop("other/7");
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SavepointOriginTest, AnotherOneInItsPlaceStays) {
  Drop("other/6");
  EXPECT_TRUE(IsThere());
  EXPECT_THAT(said_, IsEmpty());
}

// An earlier version wrote down that one was claimed, and not which.
TEST_F(SavepointOriginTest, WhereItIsNotKnownWhichOneItStaysAndThatIsSaid) {
  Drop("");
  EXPECT_TRUE(IsThere());
  EXPECT_THAT(said_, ElementsAre(HasSubstr("did not note which")));
}

TEST_F(SavepointOriginTest, NobodySpeaksOfOneThatIsGone) {
  ASSERT_TRUE(RemoveTree(disk_, "/sp").ok());
  Drop("");
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SavepointOriginTest, OneThatCannotBeLookedAtStaysAndThatIsSaid) {
  disk_.set_faults({.io_error = 1});
  Drop("other/7");
  disk_.set_faults({});
  EXPECT_TRUE(IsThere());
  EXPECT_THAT(said_, ElementsAre(HasSubstr("but stays")));
}

}  // namespace
}  // namespace millrace
