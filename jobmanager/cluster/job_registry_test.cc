#include "jobmanager/cluster/job_registry.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {
namespace {

class JobRegistryTest : public ::testing::Test {
 protected:
  JobRegistry Of(int64_t term, int most_ended = 2) {
    return JobRegistry({.records = &records_,
                        .plans = &objects_,
                        .term = term,
                        .most_ended = most_ended});
  }
  static RegisteredJob Job(std::string id) {
    return {.job_id = std::move(id), .name = "a\tname\n", .submitted_ms = 5};
  }
  static std::vector<std::string> Running(const JobList& list) {
    std::vector<std::string> ids;
    for (const RegisteredJob& job : list.running) ids.push_back(job.job_id);
    return ids;
  }
  static std::vector<std::string> Ended(const JobList& list) {
    std::vector<std::string> ids;
    for (const EndedJob& job : list.ended) ids.push_back(job.job.job_id);
    return ids;
  }
  using Ids = std::vector<std::string>;

  SimBucket bucket_{1};
  SimDisk disk_{1};
  SimObjectStore objects_{&bucket_, &disk_};
  SimHaStore records_{1};
};

TEST_F(JobRegistryTest, TheNextLeaderFindsWhatWasThere) {
  JobRegistry first = Of(1);
  EXPECT_TRUE(Running(*first.Take()).empty());
  RegisteredJob from_savepoint = Job("a");
  from_savepoint.savepoint = "/some where";
  from_savepoint.claims_savepoint = true;
  from_savepoint.lived = 4;
  from_savepoint.claimed = "abc/7";
  const auto a = first.Add(from_savepoint, "plan of a");
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->order, 1);
  EXPECT_EQ(first.Add(Job("b"), "plan of b")->order, 2);

  JobRegistry second = Of(2);
  const auto list = second.Take();
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->running[0], *a);
  EXPECT_EQ(Running(*list), (Ids{"a", "b"}));
  EXPECT_EQ(*second.ReadPlan(list->running[1]), "plan of b");
}

TEST_F(JobRegistryTest, AnEarlierLeaderCanWriteNoMore) {
  JobRegistry first = Of(1);
  ASSERT_TRUE(first.Take().ok());
  ASSERT_TRUE(first.Add(Job("a"), "p").ok());
  JobRegistry second = Of(2);
  ASSERT_TRUE(second.Take().ok());
  EXPECT_TRUE(absl::IsAborted(first.Add(Job("b"), "p").status()));
  EXPECT_TRUE(absl::IsAborted(first.End({.job = Job("a")})));
  EXPECT_TRUE(absl::IsAborted(first.Take().status()));
  EXPECT_EQ(Running(*Of(3).Take()), Ids{"a"});
}

TEST_F(JobRegistryTest, KeepsTheLatestThatEnded) {
  JobRegistry registry = Of(1);
  ASSERT_TRUE(registry.Take().ok());
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(registry.Add(Job(id), absl::StrCat("plan of ", id)).ok());
    ASSERT_TRUE(registry
                    .End({.job = Job(id),
                          .state = JobState::kFailed,
                          .ended_ms = 9,
                          .failure = absl::DataLossError("JOB-0042: x")})
                    .ok());
  }
  EXPECT_TRUE(registry.End({.job = Job("a")}).ok());  // Said twice.
  const auto list = Of(2).Take();
  EXPECT_TRUE(Running(*list).empty());
  EXPECT_EQ(Ended(*list), (Ids{"b", "c"}));
  EXPECT_EQ(list->ended[0].state, JobState::kFailed);
  EXPECT_EQ(list->ended[0].failure, absl::DataLossError("JOB-0042: x"));
  EXPECT_EQ(bucket_.Names().size(), 2u);
}

TEST_F(JobRegistryTest, OneThatIsSubmittedAgainHasNotEnded) {
  JobRegistry registry = Of(1);
  ASSERT_TRUE(registry.Take().ok());
  ASSERT_TRUE(registry.Add(Job("a"), "p").ok());
  ASSERT_TRUE(registry.End({.job = Job("a")}).ok());
  ASSERT_TRUE(registry.Add(Job("a"), "p").ok());
  const auto list = Of(2).Take();
  EXPECT_EQ(Running(*list), Ids{"a"});
  EXPECT_TRUE(Ended(*list).empty());
}

TEST_F(JobRegistryTest, WhatWasCancelledIsSoForTheNextLeader) {
  JobRegistry registry = Of(1);
  ASSERT_TRUE(registry.Take().ok());
  ASSERT_TRUE(registry.Add(Job("a"), "p").ok());
  ASSERT_TRUE(registry.Add(Job("b"), "p").ok());
  EXPECT_TRUE(registry.Cancel("a").ok());
  EXPECT_TRUE(registry.Cancel("a").ok());
  EXPECT_TRUE(registry.Cancel("nobody").ok());
  const auto list = Of(2).Take();
  EXPECT_TRUE(list->running[0].cancelled);
  EXPECT_FALSE(list->running[1].cancelled);
  EXPECT_TRUE(absl::IsAborted(registry.Cancel("b")));
}

TEST_F(JobRegistryTest, ReadsTheListOfAnEarlierVersion) {
  ASSERT_TRUE(records_
                  .CompareAndSwap("jobs", 0,
                                  "jobs-1\t1\t3\n"
                                  "running\ta\t1\tname\t5\tplans/a\t4\t7\t/sp\n"
                                  "ended\tb\t2\tname\t5\tplans/b\t4\t7\t\t"
                                  "FAILED\t9\t15\tx\n")
                  .ok());
  const auto list = Of(2).Take();
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->running[0].savepoint, "/sp");
  EXPECT_EQ(list->running[0].plan.crc32c, 7u);
  EXPECT_FALSE(list->running[0].cancelled);
  EXPECT_EQ(list->ended[0].failure, absl::DataLossError("x"));
  EXPECT_EQ(*Of(3).Take(), (JobList{3, 3, list->running, list->ended}));
}

TEST_F(JobRegistryTest, ADamagedPlanIsNoPlan) {
  JobRegistry registry = Of(1);
  ASSERT_TRUE(registry.Take().ok());
  const auto job = registry.Add(Job("a"), "plan");
  bucket_.FlipBit(job->plan.name, 3);
  EXPECT_TRUE(absl::IsDataLoss(registry.ReadPlan(*job).status()));
}

TEST_F(JobRegistryTest, ADamagedRecordIsNoEmptyList) {
  ASSERT_TRUE(records_.CompareAndSwap("jobs", 0, "jobs-3\t1\t1\n").ok());
  EXPECT_TRUE(absl::IsDataLoss(Of(1).Take().status()));
}

// Over a store whose writes may have happened: what was said to be there is
// there, what was said not to be done by a leader that still leads is undone by
// its next write.
TEST_F(JobRegistryTest, UnknownOutcomesAreResolved) {
  int64_t unknown = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SimHaStore records(seed);
    records.set_faults({.unavailable = 0.2, .unknown = 0.3});
    JobRegistry registry({.records = &records,
                          .plans = &objects_,
                          .term = 1,
                          .most_ended = 100});
    std::vector<std::string> running;
    std::vector<std::string> ended;
    while (!registry.Take().ok()) {
    }
    for (int i = 0; i < 10; ++i) {
      const std::string id = absl::StrCat("j", i);
      if (registry.Add(Job(id), "p").ok()) running.push_back(id);
      if (i % 3 == 2 && !running.empty() &&
          registry.End({.job = Job(running[0])}).ok()) {
        ended.push_back(running[0]);
        running.erase(running.begin());
      }
    }
    while (!registry.Add(Job("last"), "p").ok()) {
    }
    running.push_back("last");
    unknown += records.counts().unknown_written;
    records.set_faults({});
    JobRegistry next({.records = &records, .plans = &objects_, .term = 2});
    const auto list = next.Take();
    ASSERT_TRUE(list.ok()) << list.status();
    EXPECT_EQ(Running(*list), running) << "seed " << seed;
    EXPECT_EQ(Ended(*list), ended) << "seed " << seed;
  }
  EXPECT_GT(unknown, 100);
}

}  // namespace
}  // namespace millrace
