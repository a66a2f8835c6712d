#include "jobmanager/job_state_metrics.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace millrace {
namespace {

class JobStateMetricsTest : public ::testing::Test {
 protected:
  void Stay(int millis) { clock_.AdvanceBy(absl::Milliseconds(millis)); }

  double Value(const std::string& name) {
    for (const auto& sample : group_.Read()) {
      if (sample.name == "job_" + name) return sample.value;
    }
    ADD_FAILURE() << "there is no " << name;
    return 0;
  }

  ManualClock clock_{absl::UnixEpoch()};
  MetricGroup group_{"job", {}};
  JobStateMetrics metrics_{group_, &clock_};
};

TEST_F(JobStateMetricsTest, BeginsAsCreated) {
  Stay(7);
  EXPECT_EQ(Value("createdState"), 1);
  EXPECT_EQ(Value("createdTime"), 7);
  EXPECT_EQ(Value("runningState"), 0);
  EXPECT_EQ(Value("uptime"), 0);
  EXPECT_EQ(Value("downtime"), 0);
}

TEST_F(JobStateMetricsTest, AddsUpStaysAndShowsThePresentOne) {
  metrics_.Enter(JobState::kRunning);
  Stay(100);
  metrics_.Enter(JobState::kRunning);
  EXPECT_EQ(Value("uptime"), 100);
  metrics_.Enter(JobState::kRestarting);
  Stay(30);
  EXPECT_EQ(Value("runningState"), 0);
  EXPECT_EQ(Value("runningTime"), 0);
  EXPECT_EQ(Value("runningTimeTotal"), 100);
  EXPECT_EQ(Value("restartingTime"), 30);
  EXPECT_EQ(Value("downtime"), 30);
  metrics_.Enter(JobState::kRunning);
  Stay(5);
  EXPECT_EQ(Value("runningTime"), 5);
  EXPECT_EQ(Value("runningTimeTotal"), 105);
  EXPECT_EQ(Value("restartingTimeTotal"), 30);
  EXPECT_EQ(Value("uptime"), 5);
  EXPECT_EQ(Value("downtime"), 0);
}

TEST_F(JobStateMetricsTest, OneOutageIsOneDowntime) {
  metrics_.Enter(JobState::kRunning);
  metrics_.Enter(JobState::kRestarting);
  Stay(10);
  metrics_.Enter(JobState::kFailing);
  Stay(10);
  EXPECT_EQ(Value("downtime"), 20);
}

TEST_F(JobStateMetricsTest, AJobThatEndedIsNeitherUpNorDown) {
  metrics_.Enter(JobState::kRunning);
  metrics_.Enter(JobState::kFinished);
  Stay(10);
  EXPECT_EQ(Value("uptime"), -1);
  EXPECT_EQ(Value("downtime"), -1);
  EXPECT_EQ(Value("runningTimeTotal"), 0);
}

}  // namespace
}  // namespace millrace
