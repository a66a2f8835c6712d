#include "jobmanager/cluster/job_board.h"

#include <memory>

#include "gtest/gtest.h"

namespace millrace {
namespace {

using Outcome = CheckpointReport::Outcome;

TEST(JobBoardTest, ACheckpointIsListedOnceAsItStandsNow) {
  JobBoard board(RegisteredJob{.job_id = "a"}, std::make_shared<JobPlan>());
  CheckpointStats stats;
  const auto hear = [&](CheckpointReport report) {
    stats.Add(report, absl::UnixEpoch());
    board.OnCheckpoints(stats);
    board.OnCheckpoints(stats);  // Other numbers are said with the same ones.
  };
  const auto& history = board.view().checkpoint_history;
  hear({.outcome = Outcome::kBegun,
        .kind = CheckpointKind::kSavepoint,
        .checkpoint = CheckpointId(1)});
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].outcome, Outcome::kBegun);
  hear({.outcome = Outcome::kCompleted,
        .kind = CheckpointKind::kSavepoint,
        .checkpoint = CheckpointId(1),
        .path = "/chk/a/chk-1"});
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].outcome, Outcome::kCompleted);
  EXPECT_EQ(history[0].kind, CheckpointKind::kSavepoint);
  EXPECT_EQ(history[0].path, "/chk/a/chk-1");
  // One that failed before it had an id was never said to have begun.
  hear({.outcome = Outcome::kFailed,
        .failure = absl::UnavailableError("away")});
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].failure.message(), "away");
  for (int id = 2; id < 30; ++id) {
    hear({.outcome = Outcome::kBegun, .checkpoint = CheckpointId(id)});
    hear({.outcome = Outcome::kCompleted, .checkpoint = CheckpointId(id)});
  }
  EXPECT_EQ(history.size(), JobBoard::kMostCheckpoints);
  EXPECT_EQ(history.back().checkpoint, CheckpointId(29));
}

}  // namespace
}  // namespace millrace
