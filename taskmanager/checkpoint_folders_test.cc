#include "taskmanager/checkpoint_folders.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/waker.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

constexpr char kDead[] = "/chk/.writing/tm-a-2";

class CheckpointFoldersTest : public ::testing::Test {
 protected:
  bool IsThere(const std::string& folder) {
    return !disk_.List(folder)->empty();
  }
  void Leave(const std::string& folder) {
    ASSERT_TRUE(disk_.MakeDirectory(folder).ok());
    ASSERT_TRUE(WriteDurably(disk_, folder + "/0", "x").ok());
  }

  SimDisk disk_{1};
  CheckpointFolders folders_{&disk_, "a", 7};
};

TEST_F(CheckpointFoldersTest, WhatAnEarlierLifeLeftIsRemoved) {
  Leave(kDead);
  Leave("/chk/.writing/tm-b-2");
  ASSERT_TRUE(folders_.Open("/chk").ok());
  EXPECT_FALSE(IsThere(kDead));
  EXPECT_TRUE(IsThere("/chk/.writing/tm-b-2"));
}

TEST_F(CheckpointFoldersTest, OneThatCannotBeOpenedIsTriedAgain) {
  disk_.set_faults({.io_error = 1});
  EXPECT_FALSE(folders_.Open("/chk").ok());
  disk_.set_faults({});
  EXPECT_TRUE(folders_.Open("/chk").ok());
}

// Builders of several jobs at once: none takes away what another, who was given
// the folder just before, has on its way in it.
TEST_F(CheckpointFoldersTest, BuildersOfTwoJobsShareAFolder) {
  constexpr int kBuilders = 4;
  constexpr int kJobs = 20;
  Waker waker;
  Mailbox<ObjectStore*> opened([&] { waker.Wake(); });
  BackgroundPool builders(kBuilders);
  for (int job = 0; job < kJobs; ++job) {
    for (int i = 0; i < kBuilders; ++i) {
      builders.Post([this, job, i, &opened] {
        const auto store = folders_.Open(absl::StrCat("/chk", job));
        const bool written =
            store.ok() && (*store)->Put(absl::StrCat("o", i), "bytes").ok();
        opened.Post(written ? *store : nullptr);
      });
    }
  }
  std::set<ObjectStore*> stores;
  for (int done = 0; done < kBuilders * kJobs;) {
    waker.BeginTurn();
    for (ObjectStore* const store : opened.TakeAll()) {
      stores.insert(store);
      ++done;
    }
    if (done < kBuilders * kJobs) waker.Wait(INT64_MAX);
  }
  EXPECT_EQ(stores.size(), size_t{kJobs});
  EXPECT_FALSE(stores.contains(nullptr));
  for (ObjectStore* const store : stores) {
    EXPECT_EQ(store->List("")->size(), size_t{kBuilders});
  }
}

}  // namespace
}  // namespace millrace
