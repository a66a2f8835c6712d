#include "jobmanager/failover_policy.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::failover_policy_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Strategy = FailoverPolicy::Strategy;

const absl::Status kAway = absl::UnavailableError("away");

// What is decided about failures at these seconds: "3s", or "no".
std::vector<std::string> Decide(const FailoverPolicy::Options& options,
                                const std::vector<int>& failures_s,
                                absl::Status failure = kAway) {
  FailoverPolicy policy(options, 1);
  std::vector<std::string> decided;
  for (const int at : failures_s) {
    const auto delay = policy.OnFailure(failure, absl::Seconds(at));
    decided.push_back(delay ? absl::FormatDuration(*delay) : "no");
  }
  return decided;
}

FailoverPolicy::Options Parsed(const TableOptions& job,
                               const TableOptions& cluster = {},
                               bool checkpointed = true) {
  const auto options = ParseFailoverOptions(job, cluster, checkpointed);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.value_or(FailoverPolicy::Options());
}

TEST(FailoverPolicyTest, NoneNeverRestarts) {
  EXPECT_THAT(Decide({.strategy = Strategy::kNone}, {0}), ElementsAre("no"));
}

TEST(FailoverPolicyTest, MayLeaveAJobAloneThatHasNotBegun) {
  FailoverPolicy policy({.strategy = Strategy::kFixedDelay,
                         .only_once_begun = true},
                        1);
  EXPECT_EQ(policy.OnFailure(kAway, absl::ZeroDuration(), false),
            std::nullopt);
  EXPECT_NE(policy.OnFailure(kAway, absl::ZeroDuration(), true),
            std::nullopt);
}

TEST(FailoverPolicyTest, FixedDelayRestartsSoOftenInAJobsLife) {
  EXPECT_THAT(Decide({.strategy = Strategy::kFixedDelay,
                      .attempts = 2,
                      .delay = absl::Seconds(3)},
                     {0, 5000, 90000}),
              ElementsAre("3s", "3s", "no"));
}

TEST(FailoverPolicyTest, FailureRateAllowsSoManyFailuresInAnInterval) {
  const FailoverPolicy::Options options = {
      .strategy = Strategy::kFailureRate,
      .failures_per_interval = 2,
      .failure_interval = absl::Minutes(1)};
  EXPECT_THAT(Decide(options, {0, 59, 60}), ElementsAre("1s", "1s", "no"));
  EXPECT_THAT(Decide(options, {0, 59, 61, 120}),
              ElementsAre("1s", "1s", "1s", "1s"));
  EXPECT_THAT(Decide(options, {0, 59, 61, 119}),
              ElementsAre("1s", "1s", "1s", "no"));
}

TEST(FailoverPolicyTest, ExponentialDelayGrowsToItsLimitWithoutEnd) {
  EXPECT_THAT(Decide({.strategy = Strategy::kExponentialDelay,
                      .max_backoff = absl::Seconds(5),
                      .multiplier = 2,
                      .jitter = 0},
                     {0, 10, 20, 30, 40}),
              ElementsAre("1s", "2s", "4s", "5s", "5s"));
}

TEST(FailoverPolicyTest, ExponentialDelayBeginsAnewAfterALongRun) {
  EXPECT_THAT(Decide({.strategy = Strategy::kExponentialDelay,
                      .multiplier = 2,
                      .jitter = 0,
                      .reset_threshold = absl::Seconds(100)},
                     // The run counts from the restart, 2 s after 10.
                     {0, 10, 111, 215}),
              ElementsAre("1s", "2s", "4s", "1s"));
}

TEST(FailoverPolicyTest, ExponentialDelayEndsAtItsAttemptsIfAny) {
  EXPECT_THAT(Decide({.strategy = Strategy::kExponentialDelay,
                      .multiplier = 1,
                      .jitter = 0,
                      .reset_threshold = absl::Hours(1),
                      .attempts_before_reset = 2},
                     {0, 10, 20}),
              ElementsAre("1s", "1s", "no"));
}

TEST(FailoverPolicyTest, JitterSpreadsDelaysButNotFar) {
  FailoverPolicy policy({.strategy = Strategy::kExponentialDelay,
                         .multiplier = 1,
                         .jitter = 0.1},
                        7);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most;
  for (int i = 0; i < 200; ++i) {
    const auto delay = policy.OnFailure(kAway, absl::Seconds(i));
    ASSERT_TRUE(delay.has_value());
    least = std::min(least, *delay);
    most = std::max(most, *delay);
  }
  EXPECT_GE(least, absl::Milliseconds(900));
  EXPECT_LT(least, absl::Milliseconds(930));
  EXPECT_LE(most, absl::Milliseconds(1100));
  EXPECT_GT(most, absl::Milliseconds(1070));
}

TEST(FailoverPolicyTest, NeverTriesAgainWhatWouldComeAgain) {
  const FailoverPolicy::Options options = {.strategy =
                                               Strategy::kExponentialDelay};
  using Code = absl::StatusCode;
  for (const Code code :
       {Code::kInvalidArgument, Code::kFailedPrecondition, Code::kDataLoss,
        Code::kPermissionDenied, Code::kUnimplemented}) {
    EXPECT_THAT(Decide(options, {0}, absl::Status(code, "x")),
                ElementsAre("no"))
        << absl::StatusCodeToString(code);
  }
  for (const Code code : {Code::kUnavailable, Code::kDeadlineExceeded,
                          Code::kInternal, Code::kAborted, Code::kUnknown}) {
    EXPECT_NE(Decide(options, {0}, absl::Status(code, "x"))[0], "no")
        << absl::StatusCodeToString(code);
  }
}

TEST(FailoverPolicyTest, WaitsForRoomOnADiskButNotForMemory) {
  const FailoverPolicy::Options options = {.strategy =
                                               Strategy::kExponentialDelay};
  const auto decided = [&](absl::string_view code) {
    return Decide(options, {0},
                  Annotate(MakeError(absl::StatusCode::kResourceExhausted,
                                     {.code = code, .what = "no more"}),
                           "a subtask"))[0];
  };
  EXPECT_NE(decided("JOB-0040"), "no");
  EXPECT_EQ(decided("JOB-0003"), "no");
}

TEST(ParseFailoverOptionsTest, DependsOnCheckpointsWhereNothingIsSaid) {
  EXPECT_EQ(Parsed({}, {}, true).strategy, Strategy::kExponentialDelay);
  EXPECT_EQ(Parsed({}, {}, false).strategy, Strategy::kNone);
  EXPECT_TRUE(Parsed({}).only_once_begun);
  EXPECT_FALSE(Parsed({{"restart-strategy.type", "exponential-delay"}})
                   .only_once_begun) << "who asks for restarts has them";
  EXPECT_EQ(Parsed({{"restart-strategy.type", "off"}}).strategy,
            Strategy::kNone);
}

TEST(ParseFailoverOptionsTest, TakesTheJobsWordBeforeTheClusters) {
  const auto options = Parsed(
      {{"restart-strategy", "fixed-delay"},
       {"restart-strategy.fixed-delay.attempts", "7"}},
      {{"restart-strategy.type", "none"},
       {"restart-strategy.fixed-delay.attempts", "9"},
       {"restart-strategy.fixed-delay.delay", "20 s"}});
  EXPECT_EQ(options.strategy, Strategy::kFixedDelay);
  EXPECT_EQ(options.attempts, 7);
  EXPECT_EQ(options.delay, absl::Seconds(20));
}

TEST(ParseFailoverOptionsTest, ReadsEveryKeyOfEachStrategy) {
  const auto rate = Parsed(
      {{"restart-strategy.type", "failure-rate"},
       {"restart-strategy.failure-rate.max-failures-per-interval", "3"},
       {"restart-strategy.failure-rate.failure-rate-interval", "5 min"},
       {"restart-strategy.failure-rate.delay", "2 s"}});
  EXPECT_EQ(rate.failures_per_interval, 3);
  EXPECT_EQ(rate.failure_interval, absl::Minutes(5));
  EXPECT_EQ(rate.delay, absl::Seconds(2));
  const std::string prefix = "restart-strategy.exponential-delay.";
  const auto exponential =
      Parsed({{prefix + "initial-backoff", "2 s"},
              {prefix + "max-backoff", "30 s"},
              {prefix + "backoff-multiplier", "3"},
              {prefix + "jitter-factor", "0.5"},
              {prefix + "reset-backoff-threshold", "10 min"},
              {prefix + "attempts-before-reset-backoff", "4"}});
  EXPECT_EQ(exponential.initial_backoff, absl::Seconds(2));
  EXPECT_EQ(exponential.max_backoff, absl::Seconds(30));
  EXPECT_EQ(exponential.multiplier, 3);
  EXPECT_EQ(exponential.jitter, 0.5);
  EXPECT_EQ(exponential.reset_threshold, absl::Minutes(10));
  EXPECT_EQ(exponential.attempts_before_reset, 4);
}

TEST(ParseFailoverOptionsTest, RefusesWhatMakesNoSense) {
  const std::string prefix = "restart-strategy.exponential-delay.";
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{
           {"restart-strategy.type", "sometimes"},
           {prefix + "jitter-factor", "2"},
           {prefix + "jitter-factor", "nan"},
           {prefix + "backoff-multiplier", "0.5"},
           {prefix + "initial-backoff", "soon"},
           {prefix + "attempts-before-reset-backoff", "0"}}) {
    const auto options = ParseFailoverOptions({{key, value}}, {}, true);
    EXPECT_EQ(ErrorCode(options.status()), "CFG-0002") << key;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(key));
  }
}

}  // namespace
}  // namespace millrace::failover_policy_test
