#include "runtime/worker/restore_check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/worker/tasklet_input.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

JobPlan PlanOf(std::vector<std::pair<std::string, uint64_t>> uids) {
  JobPlan plan;
  for (const auto& [uid, fingerprint] : uids) {
    Vertex vertex;
    vertex.uid = uid;
    vertex.fingerprint = fingerprint;
    plan.vertices.push_back(vertex);
  }
  return plan;
}

OperatorSnapshot Keyed(std::string uid, uint64_t fingerprint) {
  return {.uid = std::move(uid), .fingerprint = fingerprint, .parts = {{}}};
}

TEST(RestoreCheckTest, TellsKeptNewAndDropped) {
  Manifest manifest;
  manifest.operators = {
      Keyed("count", 7),
      {.uid = "bids", .lists = {{.name = "splits", .items = {"a"}}}},
      {.uid = "calc",
       .fingerprint = 1,
       .lists = {{.name = std::string(kInputWatermark), .items = {"5"}}}},
      Keyed("old", 3)};
  const auto report = CheckRestore(
      manifest, PlanOf({{"bids", 9}, {"calc", 2}, {"count", 7}, {"sum", 8}}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->kept, ElementsAre("bids", "count"));
  EXPECT_THAT(report->fresh, ElementsAre("sum"));
  EXPECT_THAT(report->dropped, ElementsAre("old"));
}

TEST(RestoreCheckTest, KnowsTheSinksOfBadRecordsThatStandInNoPlan) {
  JobPlan plan = PlanOf({{"bids", 0}, {"agg", 7}});
  plan.vertices[0].spec =
      SourceSpec{.rejected_into = TableDescriptor{.name = "bad"}};
  Manifest manifest = {.max_parallelism = plan.max_parallelism};
  for (const char* uid : {"bids/rejected/bad", "bids/rejected/other",
                          "bids/rejected/dead-letters-bids"}) {
    manifest.operators.push_back(
        {.uid = uid, .lists = {{.name = "pending", .items = {"a"}}}});
  }
  const auto report = CheckRestore(manifest, plan);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->kept, ElementsAre("bids/rejected/bad",
                                        "bids/rejected/dead-letters-bids"));
  EXPECT_THAT(report->dropped, ElementsAre("bids/rejected/other"));
}

// A sink's is at the end of a chain, which another begins.
TEST(RestoreCheckTest, KnowsTheSinksOfRefusedRecordsThatStandInNoPlan) {
  JobPlan plan = PlanOf({{"bids", 0}, {"out", 0}});
  plan.vertices[1].spec =
      SinkSpec{.rejected_into = TableDescriptor{.name = "bad"}};
  Manifest manifest = {.max_parallelism = plan.max_parallelism};
  for (const char* uid : {"bids/rejected/bad", "other/rejected/bad"}) {
    manifest.operators.push_back(
        {.uid = uid, .lists = {{.name = "pending", .items = {"a"}}}});
  }
  const auto report = CheckRestore(manifest, plan);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->kept, ElementsAre("bids/rejected/bad"));
  EXPECT_THAT(report->dropped, ElementsAre("other/rejected/bad"));
}

TEST(RestoreCheckTest, RefusesStateThatMeansSomethingElse) {
  Manifest manifest{.checkpoint = CheckpointId(12)};
  manifest.operators = {Keyed("count", 7), Keyed("sum", 4)};
  const auto report =
      CheckRestore(manifest, PlanOf({{"count", 8}, {"sum", 4}}));
  EXPECT_TRUE(absl::IsFailedPrecondition(report.status()));
  EXPECT_EQ(ErrorCode(report.status()), "JOB-0060");
  EXPECT_THAT(std::string(report.status().message()),
              AllOf(HasSubstr("the state of count means something else"),
                    HasSubstr("checkpoint 12"), HasSubstr("kept: sum;")));
}

TEST(RestoreCheckTest, DropsStateOfASavepointOnlyWhereThatIsSaid) {
  Manifest manifest{.checkpoint = CheckpointId(12), .is_savepoint = true};
  manifest.operators = {Keyed("count", 7), Keyed("old", 4)};
  JobPlan plan = PlanOf({{"count", 7}});
  const auto refused = CheckRestore(manifest, plan);
  EXPECT_EQ(ErrorCode(refused.status()), "JOB-0062");
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("no place for the state of old"),
                    HasSubstr("kept: count;"), HasSubstr("-n")));
  plan.config[kIgnoreUnclaimedState] = "true";
  const auto report = CheckRestore(manifest, plan);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->dropped, ElementsAre("old"));
}

TEST(RestoreCheckTest, RefusesOtherKeyGroups) {
  Manifest manifest{.max_parallelism = 64};
  const auto report = CheckRestore(manifest, PlanOf({}));
  EXPECT_EQ(ErrorCode(report.status()), "JOB-0061");
}

}  // namespace
}  // namespace millrace
