#include "jobmanager/cluster/slot_scheduler.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "runtime/base/rng.h"

namespace millrace {
namespace {

using S = SlotScheduler;

// "job: tm of slot 0, tm of slot 1, ..."; "job waits".
std::string Words(const S::Action& action) {
  if (const auto* grant = std::get_if<S::Grant>(&action)) {
    return absl::StrCat(grant->job, ": ",
                        absl::StrJoin(grant->task_manager_of_slot, " "));
  }
  return absl::StrCat(std::get<S::Waits>(action).job, " waits");
}

class SlotSchedulerTest : public ::testing::Test {
 protected:
  std::string Step(S::Event event) {
    last_ = scheduler_.Step(std::move(event));
    std::vector<std::string> words;
    for (const S::Action& action : last_) words.push_back(Words(action));
    return absl::StrJoin(words, ", ");
  }
  std::string Join(std::string name, int slots = 1) {
    return Step(S::Joined{std::move(name), slots});
  }
  std::string Leave(std::string name) { return Step(S::Left{std::move(name)}); }
  // The order of submission is that of the names' first letters.
  std::string Want(std::string job, int slots) {
    const int64_t order = job[0];
    return Step(S::Wanted{std::move(job), order, slots});
  }
  std::string Release(std::string job) {
    return Step(S::Released{std::move(job)});
  }
  std::string Wish() const {
    for (const S::Action& action : last_) {
      if (const auto* waits = std::get_if<S::Waits>(&action)) {
        return waits->for_what;
      }
    }
    return "";
  }

  SlotScheduler scheduler_;
  std::vector<S::Action> last_;
};

TEST_F(SlotSchedulerTest, SpreadsAJobOverTheTaskManagers) {
  Join("x", 2);
  Join("y", 3);
  EXPECT_EQ(Want("a", 3), "a: y x y");
  EXPECT_EQ(scheduler_.slots_total(), 5);
  EXPECT_EQ(scheduler_.slots_free(), 2);
  EXPECT_EQ(scheduler_.slots_free("x"), 1);
}

TEST_F(SlotSchedulerTest, AJobThatDoesNotFitSaysForWhatItWaits) {
  EXPECT_EQ(Want("a", 4), "a waits");
  EXPECT_EQ(Wish(),
            "needs 4 slots, 0 are free: start TaskManagers with 4 more "
            "slots.");
  EXPECT_EQ(Join("x", 3), "a waits");
  EXPECT_EQ(Wish(),
            "needs 4 slots, 3 are free: start TaskManagers with 1 more slot, "
            "or run the job with parallelism 3.");
  EXPECT_EQ(Join("y", 1), "a: x y x x");
}

TEST_F(SlotSchedulerTest, TheFirstSubmittedIsTheFirstServed) {
  Want("b", 1);
  Want("a", 1);
  EXPECT_EQ(Join("x"), "a: x");
  EXPECT_EQ(Join("y"), "b: y");
}

TEST_F(SlotSchedulerTest, AJobTooLargeForTheClusterHoldsUpNobody) {
  Want("a", 9);
  Join("x");
  EXPECT_EQ(Want("b", 1), "b: x");
}

TEST_F(SlotSchedulerTest, SlotsThatAreGivenBackGoToTheNext) {
  Join("x", 2);
  Want("a", 2);
  EXPECT_EQ(Want("b", 1), "b waits");
  EXPECT_EQ(Release("a"), "b: x");
  EXPECT_EQ(Release("b"), "");
  EXPECT_EQ(scheduler_.slots_free(), 2);
}

TEST_F(SlotSchedulerTest, AnAttemptRunsWhereTheOneBeforeRan) {
  Join("x", 2);
  Join("y", 2);
  EXPECT_EQ(Want("a", 2), "a: x y");
  Join("z", 9);
  EXPECT_EQ(Want("a", 2), "a: x y");
}

TEST_F(SlotSchedulerTest, WhatRanOnALostOneGoesToAnother) {
  Join("x");
  Join("y");
  Join("z");
  EXPECT_EQ(Want("a", 2), "a: x y");
  EXPECT_EQ(Leave("x"), "");
  EXPECT_EQ(scheduler_.slots_total(), 2);
  EXPECT_EQ(Want("a", 2), "a: z y");
}

TEST_F(SlotSchedulerTest, OneThatComesBackHasItsSubtasksAgain) {
  Join("x");
  Join("y");
  EXPECT_EQ(Want("a", 2), "a: x y");
  Leave("y");
  EXPECT_EQ(Want("a", 2), "a waits");
  EXPECT_EQ(Join("y"), "a: x y");
  Leave("x");
  Join("w");
  EXPECT_EQ(Join("x"), "");
  EXPECT_EQ(Want("a", 2), "a: x y");
}

TEST_F(SlotSchedulerTest, NobodyTakesTheSlotsOfAJobThatRestarts) {
  Join("x", 3);
  Join("y", 1);
  Want("a", 4);
  Leave("y");
  EXPECT_EQ(Want("b", 1), "b waits");  // `a` has not asked again yet.
  EXPECT_EQ(Want("a", 4), "a waits");
  EXPECT_EQ(Want("b", 1), "");
  EXPECT_EQ(Join("y", 2), "a: x y x x, b: y");
}

TEST_F(SlotSchedulerTest, ADrainingOneGivesNoMoreSlots) {
  Join("x", 2);
  Want("a", 1);
  EXPECT_EQ(Step(S::Drains{"x"}), "");
  EXPECT_EQ(scheduler_.slots_free(), 0);
  EXPECT_EQ(Want("b", 1), "b waits");
  EXPECT_EQ(Want("a", 1), "a waits");
  EXPECT_EQ(Join("y", 2), "a: y, b: y");
  Leave("x");
  EXPECT_EQ(scheduler_.slots_total(), 2);
}

TEST_F(SlotSchedulerTest, EventsThatComeTwiceOrLateChangeNothing) {
  Join("x", 1);
  Want("a", 1);
  Leave("x");
  EXPECT_EQ(Leave("x"), "");
  EXPECT_EQ(Release("a"), "");
  EXPECT_EQ(Release("a"), "");
  EXPECT_EQ(Step(S::Drains{"x"}), "");
  EXPECT_EQ(scheduler_.slots_total(), 0);
}

// Random events: no slot is given twice, and no job that fits waits.
TEST_F(SlotSchedulerTest, NoSlotIsGivenTwice) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    SlotScheduler scheduler;
    std::map<std::string, int> slots;
    std::map<std::string, std::vector<std::string>> granted;
    std::map<std::string, int> wanted;
    for (int step = 0; step < 200; ++step) {
      const std::string name = absl::StrCat("t", rng.Below(4));
      const std::string job = absl::StrCat("j", rng.Below(4));
      S::Event event = S::Released{job};
      switch (rng.Below(4)) {
        case 0:
          if (slots.contains(name)) continue;
          slots[name] = 1 + rng.Below(3);
          event = S::Joined{name, slots[name]};
          break;
        case 1:
          event = S::Left{name};
          slots.erase(name);
          for (auto& [of, task_managers] : granted) {
            std::erase(task_managers, name);
          }
          break;
        case 2: {
          const int many = 1 + static_cast<int>(rng.Below(4));
          event = S::Wanted{job, job[1], many};
          granted.erase(job);
          wanted[job] = many;
          break;
        }
        default:
          granted.erase(job);
          wanted.erase(job);
      }
      for (const S::Action& action : scheduler.Step(event)) {
        if (const auto* grant = std::get_if<S::Grant>(&action)) {
          ASSERT_EQ(grant->task_manager_of_slot.size(),
                    static_cast<size_t>(wanted.at(grant->job)));
          granted[grant->job] = grant->task_manager_of_slot;
          wanted.erase(grant->job);
        }
      }
      std::map<std::string, int> used;
      for (const auto& [of, task_managers] : granted) {
        for (const std::string& on : task_managers) ++used[on];
      }
      int free = 0;
      for (const auto& [on, many] : slots) {
        ASSERT_LE(used[on], many) << "seed " << seed << " step " << step;
        free += many - used[on];
      }
      ASSERT_EQ(scheduler.slots_free(), free);
      // The first of those that wait, by its order, does not fit.
      if (!wanted.empty()) {
        ASSERT_LT(free, wanted.begin()->second);
      }
    }
  }
}

}  // namespace
}  // namespace millrace
