#include "jobmanager/checkpoint_errands.h"

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

constexpr char kJob[] = "0123456789abcdef0123456789abcdef";

class Queue final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    work_.push_back(std::move(work));
  }
  void RunOne() {
    auto work = std::move(work_.front());
    work_.pop_front();
    work();
  }
  size_t size() const { return work_.size(); }

 private:
  std::deque<std::function<void()>> work_;
};

class CheckpointErrandsTest : public ::testing::Test {
 protected:
  void Reserve() {
    errands_.ReserveId([this](absl::StatusOr<CheckpointId> id) {
      said_.push_back(id.ok() ? absl::StrCat(id->value()) : "refused");
    });
  }
  void Begin() {
    errands_.BeginAttempt(
        [](CheckpointId) { return false; },
        [this](absl::StatusOr<CheckpointErrands::Beginning> beginning) {
          said_.push_back(absl::StrCat("attempt ", beginning->attempt));
        });
  }
  // What was said back on the loop by one piece of work.
  std::vector<std::string> RunOne() {
    background_.RunOne();
    for (const auto& call : std::exchange(calls_, {})) call();
    return std::exchange(said_, {});
  }

  SimBucket bucket_{1};
  SimDisk disk_{1};
  SimObjectStore objects_{&bucket_, &disk_};
  SimHaStore records_{1};
  CheckpointStore store_{&objects_, &records_};
  Queue background_;
  std::vector<std::function<void()>> calls_;
  std::vector<std::string> said_;
  CheckpointErrands errands_{
      {.job_id = kJob,
       .store = &store_,
       .background = &background_,
       .post = [this](std::function<void()> call) {
         calls_.push_back(std::move(call));
       }}};
};

TEST_F(CheckpointErrandsTest, AsksOneThingAtATimeWithTheRecordOfTheLast) {
  Begin();
  Reserve();
  Reserve();
  EXPECT_EQ(background_.size(), 1);
  EXPECT_THAT(RunOne(), ElementsAre("attempt 1"));
  EXPECT_EQ(background_.size(), 1);
  EXPECT_THAT(RunOne(), ElementsAre("1"));
  EXPECT_THAT(RunOne(), ElementsAre("2"));
  EXPECT_EQ(background_.size(), 0);
}

TEST_F(CheckpointErrandsTest, DeletesDoNotWait) {
  Begin();
  errands_.Delete({"x"});
  EXPECT_EQ(background_.size(), 2);
}

TEST_F(CheckpointErrandsTest, AnIdOfAnOlderAttemptIsRefused) {
  Begin();
  RunOne();
  ASSERT_TRUE(store_.BeginAttempt(kJob).ok());
  Reserve();
  EXPECT_THAT(RunOne(), ElementsAre("refused"));
}

TEST_F(CheckpointErrandsTest, ListsNothingWhereAManifestCannotBeRead) {
  Begin();
  RunOne();
  Reserve();
  RunOne();
  ASSERT_TRUE(
      objects_.Put(ManifestName(kJob, CheckpointId(1)), "damaged").ok());
  for (const bool is_known : {false, true}) {
    errands_.List([=](CheckpointId) { return is_known; },
                  [this](absl::StatusOr<CheckpointErrands::Listing> listing) {
                    said_.push_back(
                        listing.ok() ? "listed"
                                     : absl::StatusCodeToString(
                                           listing.status().code()));
                  });
  }
  EXPECT_THAT(RunOne(), ElementsAre("DATA_LOSS"));
  EXPECT_THAT(RunOne(), ElementsAre("listed"));
}

}  // namespace
}  // namespace millrace
