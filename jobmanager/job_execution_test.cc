#include "jobmanager/job_execution.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "runtime/connector/fixed_split_enumerator.h"

namespace millrace {
namespace {

using Event = JobExecution::Event;

// What a step decided: "prepare", "deploy 1", "stop", "settle",
// "discover 0 after 5s", "give 0[1] a b" with "." behind it when no more
// splits come, "hold" when the watermark is held.
std::string Text(const JobExecution::Action& action) {
  if (std::holds_alternative<JobExecution::Prepare>(action)) return "prepare";
  if (std::holds_alternative<JobExecution::StopSubtasks>(action)) return "stop";
  if (std::holds_alternative<JobExecution::Settle>(action)) return "settle";
  if (const auto* deploy = std::get_if<JobExecution::Deploy>(&action)) {
    const auto& restore = deploy->basis.restore;
    return absl::StrCat(
        "deploy ", deploy->basis.attempt,
        restore == nullptr
            ? ""
            : absl::StrCat(" from ", restore->checkpoint.value()));
  }
  if (const auto* discover = std::get_if<JobExecution::Discover>(&action)) {
    return absl::StrCat("discover ", discover->source.value(), " after ",
                        absl::FormatDuration(discover->after));
  }
  const auto& give = std::get<JobExecution::GiveSplits>(action);
  std::string text =
      absl::StrCat("give ", give.source.value(), "[", give.subtask, "]");
  for (const Split& split : give.splits) absl::StrAppend(&text, " ", split.id);
  return text + (give.no_more_splits ? "." : "") +
         (give.hold_watermark ? " hold" : "");
}

Event Prepared(int64_t attempt) {
  return JobExecution::Prepared{JobExecution::Basis{attempt, nullptr}};
}
// From checkpoint 7, in which the enumerator knew `snapshot`.
Event PreparedFrom(int64_t attempt, std::string snapshot) {
  auto manifest = std::make_shared<Manifest>();
  manifest->checkpoint = CheckpointId(7);
  manifest->enumerators = {{"numbers", std::move(snapshot)}};
  return JobExecution::Prepared{JobExecution::Basis{attempt, manifest}};
}
Event NotPrepared(absl::Status status) {
  return JobExecution::Prepared{std::move(status)};
}
Event Found(std::vector<std::string> ids) {
  std::vector<Split> splits;
  for (std::string& id : ids) splits.push_back({std::move(id), ""});
  return JobExecution::Discovered{VertexId(0), std::move(splits)};
}
Event NotFound(absl::Status status) {
  return JobExecution::Discovered{VertexId(0), std::move(status)};
}
Event Deployed(int subtasks, int stoppers = 1) {
  JobExecution::Deployed deployed = {.stoppers = stoppers};
  for (int i = 0; i < subtasks; ++i) {
    deployed.subtasks.push_back({VertexId(0), i});
  }
  return deployed;
}
Event Ended(int subtask, absl::Status status = absl::OkStatus()) {
  return JobExecution::SubtaskEnded{{VertexId(0), subtask},
                                    std::move(status)};
}
Event Requested(int subtask) {
  return JobExecution::SplitsRequested{VertexId(0), subtask};
}

// Gives one split a request, and wants to look for more every minute, whatever
// it is told. Holds the watermark while a split called "old" waits.
class OneAtATime final : public SplitEnumerator {
 public:
  Actions OnDiscovered(std::vector<Split> splits) override {
    for (Split& split : splits) waiting_.push_back(std::move(split));
    return {.hold_watermark = Holds(), .discover_after = absl::Minutes(1)};
  }
  Actions OnRequest(int subtask) override {
    if (waiting_.empty()) return {.discover_after = absl::Minutes(1)};
    Actions actions{.assign = {{subtask, waiting_.front()}},
                    .discover_after = absl::Minutes(1)};
    waiting_.erase(waiting_.begin());
    actions.hold_watermark = Holds();
    return actions;
  }
  Actions OnReturned(std::vector<Split>) override {
    return {.hold_watermark = Holds(), .discover_after = absl::Minutes(1)};
  }
  // The waiting splits.
  std::string Snapshot() const override {
    std::string text;
    for (const Split& split : waiting_) absl::StrAppend(&text, split.id, " ");
    return text;
  }
  absl::Status Restore(absl::string_view snapshot) override {
    if (snapshot == "?") return absl::DataLossError("no snapshot");
    for (const absl::string_view id :
         absl::StrSplit(snapshot, ' ', absl::SkipEmpty())) {
      waiting_.push_back({std::string(id), ""});
    }
    return absl::OkStatus();
  }

 private:
  bool Holds() const {
    for (const Split& split : waiting_) {
      if (split.id == "old") return true;
    }
    return false;
  }

  std::vector<Split> waiting_;
};

// An event, what it leads to, and the state behind it.
struct Line {
  Event event;
  std::string actions;
  JobState state;
  absl::Duration after = absl::ZeroDuration();  // Since the line before.
};

struct Scenario {
  std::string name;
  std::vector<Line> lines;
  std::string first_failure = "";
  bool one_at_a_time = false;
  FailoverPolicy::Options failover = {};
};

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

class JobExecutionTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(JobExecutionTest, Scenario) {
  const bool one_at_a_time = GetParam().one_at_a_time;
  SplitDealer::Sources sources;
  sources[VertexId(0)] = {
      .uid = "numbers",
      .parallelism = 2,
      .make = [=]() -> absl::StatusOr<std::unique_ptr<SplitEnumerator>> {
        if (one_at_a_time) return std::make_unique<OneAtATime>();
        return std::make_unique<FixedSplitEnumerator>(2);
      }};
  JobExecution execution(std::move(sources),
                         FailoverPolicy(GetParam().failover, 1));
  absl::Duration now;
  int step = 0;
  for (const Line& line : GetParam().lines) {
    now += line.after;
    const auto actions = execution.Step(line.event, now);
    EXPECT_EQ(absl::StrJoin(actions, "; ",
                            [](std::string* out, const auto& action) {
                              absl::StrAppend(out, Text(action));
                            }),
              line.actions)
        << "step " << step;
    EXPECT_EQ(ToString(execution.state()), ToString(line.state))
        << "step " << step;
    ++step;
  }
  EXPECT_EQ(execution.first_failure().message(), GetParam().first_failure);
}

using enum JobState;

const Line kStart = {JobExecution::Start{}, "prepare", kRunning};
const Line kPrepared = {Prepared(1), "deploy 1", kRunning};
const Line kDeployed = {Deployed(2), "discover 0 after 0", kRunning};
const absl::Status kBroken = absl::InternalError("broken");
const absl::Status kAway = absl::UnavailableError("no broker");
const FailoverPolicy::Options kTwice = {
    .strategy = FailoverPolicy::Strategy::kFixedDelay,
    .attempts = 2,
    .delay = absl::Seconds(3)};

const FailoverPolicy::Options kTwiceOnceBegun = {
    .strategy = FailoverPolicy::Strategy::kFixedDelay,
    .only_once_begun = true,
    .attempts = 2,
    .delay = absl::Seconds(3)};

const Scenario kScenarios[] = {
    {"RunsToItsEnd",
     {kStart, kPrepared, kDeployed,
      {Found({"a", "b", "c"}), "give 0[0] a c.; give 0[1] b.", kRunning},
      {Ended(0), "", kRunning},
      {Ended(0), "", kRunning},
      {Ended(1), "", kFinished},
      {Ended(1, kBroken), "", kFinished}}},
    {"TellsReadersWithoutASplitThatNoneComes",
     {kStart, kPrepared, kDeployed,
      {Found({"a"}), "give 0[0] a.; give 0[1].", kRunning},
      {Requested(1), "", kRunning}}},
    {"RequestsWaitForTheFirstDiscovery",
     {kStart, kPrepared, kDeployed,
      {Requested(1), "", kRunning},
      {Found({"a", "b"}), "discover 0 after 1m; give 0[1] a", kRunning},
      {Requested(0), "give 0[0] b", kRunning},
      {Requested(0), "", kRunning}},
     "",
     true},
    {"EveryReaderIsToldThatTheWatermarkIsHeldAndWhenNoMore",
     {kStart, kPrepared, kDeployed,
      {Found({"a", "old", "b"}),
       "give 0[0] hold; give 0[1] hold; discover 0 after 1m", kRunning},
      {Requested(1), "give 0[1] a hold", kRunning},
      {Requested(0), "give 0[0] old; give 0[1]", kRunning},
      {Requested(1), "give 0[1] b", kRunning}},
     "",
     true},
    {"TheFirstFailureIsKept",
     {kStart, kPrepared, kDeployed,
      {Ended(0, absl::DataLossError("first")), "stop; settle", kFailing},
      {Ended(1, absl::DataLossError("second")), "", kFailing},
      {JobExecution::CancelAsked{}, "", kFailing},
      {JobExecution::Stopped{}, "", kFailed}},
     "first"},
    {"IsCanceledWhenEverySlotHasStopped",
     {kStart, kPrepared,
      {Deployed(2, 2), "discover 0 after 0", kRunning},
      {JobExecution::CancelAsked{}, "stop; settle", kCancelling},
      {JobExecution::CancelAsked{}, "", kCancelling},
      {Ended(0, kBroken), "", kCancelling},
      {JobExecution::Stopped{}, "", kCancelling},
      {JobExecution::Stopped{}, "", kCanceled}}},
    {"IsCanceledBeforeItStarts",
     {{JobExecution::CancelAsked{}, "", kCanceled},
      {JobExecution::Start{}, "", kCanceled}}},
    {"IsCanceledWhileItsCheckpointIsLoaded",
     {kStart,
      {JobExecution::CancelAsked{}, "", kCanceled},
      {Prepared(1), "", kCanceled}}},
    {"ACancelDuringDeploymentStopsWhatWasDeployed",
     {kStart, kPrepared,
      {JobExecution::CancelAsked{}, "", kCancelling},
      {Deployed(2), "stop", kCancelling},
      {JobExecution::Stopped{}, "", kCanceled}}},
    {"AFailedDeploymentFailsTheJob",
     {kStart, kPrepared, {JobExecution::Deployed{kBroken}, "", kFailed}},
     "broken"},
    {"AFirstDiscoveryIsTriedThreeTimes",
     {kStart, kPrepared, kDeployed,
      {NotFound(kAway), "discover 0 after 1s", kRunning},
      {NotFound(kAway), "discover 0 after 1s", kRunning},
      {NotFound(kAway), "stop; settle", kFailing},
      {JobExecution::Stopped{}, "", kFailed}},
     "no broker"},
    {"ALaterDiscoveryIsTriedForEver",
     {kStart, kPrepared, kDeployed,
      {Found({"a"}), "discover 0 after 1m", kRunning},
      {NotFound(kAway), "discover 0 after 5s", kRunning},
      {NotFound(kAway), "discover 0 after 5s", kRunning},
      {NotFound(kAway), "discover 0 after 5s", kRunning},
      {NotFound(absl::NotFoundError("topic gone")), "stop; settle",
       kFailing}},
     "topic gone",
     true},

    {"RestartsAfterTheDelayWhenAllHasStoppedAndSettled",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::Tick{}, "", kRestarting, absl::Seconds(5)},
      {JobExecution::Stopped{}, "", kRestarting},
      {JobExecution::Settled{}, "prepare", kRestarting},
      {PreparedFrom(2, ""), "deploy 2 from 7", kRestarting},
      {Deployed(2), "discover 0 after 0", kRunning},
      {Ended(0), "", kRunning},
      {Ended(1), "", kFinished}},
     "",
     true,
     kTwice},
    {"EchoesOfAFailureAreNoFailures",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {Ended(1, kBroken), "", kRestarting},
      {Ended(1, absl::DataLossError("echo")), "", kRestarting},
      {NotFound(absl::NotFoundError("echo")), "", kRestarting},
      {Requested(1), "", kRestarting},
      {JobExecution::Settled{}, "", kRestarting},
      {JobExecution::Stopped{}, "", kRestarting},
      {JobExecution::Tick{}, "prepare", kRestarting, absl::Seconds(3)},
      {Prepared(2), "deploy 2", kRestarting},
      {Deployed(2), "discover 0 after 0", kRunning},
      {Ended(0, kAway), "stop; settle", kRestarting}},
     "no broker",
     false,
     kTwice},
    {"ARestartWaitsForItsTime",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::Settled{}, "", kRestarting},
      {JobExecution::Stopped{}, "", kRestarting},
      {JobExecution::Tick{}, "", kRestarting, absl::Seconds(2)},
      {JobExecution::Tick{}, "prepare", kRestarting, absl::Seconds(1)},
      {JobExecution::Tick{}, "", kRestarting, absl::Seconds(9)}},
     "no broker",
     false,
     kTwice},
    {"AJobThatHasNotBegunEndsWithItsFirstFailure",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kFailing},
      {JobExecution::Stopped{}, "", kFailed}},
     "no broker",
     false,
     kTwiceOnceBegun},
    {"ACompletedCheckpointIsItsBeginning",
     {kStart, kPrepared, kDeployed,
      {JobExecution::CheckpointCompleted{}, "", kRunning},
      {Ended(0, kAway), "stop; settle", kRestarting}},
     "no broker",
     false,
     kTwiceOnceBegun},
    {"SoIsACheckpointThatItGoesOnFrom",
     {kStart,
      {PreparedFrom(2, ""), "deploy 2 from 7", kRunning},
      {Deployed(2), "discover 0 after 0", kRunning},
      {Ended(0, kAway), "stop; settle", kRestarting}},
     "no broker",
     true,
     kTwiceOnceBegun},
    {"ASourceThatWasNeverFoundEndsEvenAJobWithACheckpoint",
     {kStart, kPrepared, kDeployed,
      {JobExecution::CheckpointCompleted{}, "", kRunning},
      {NotFound(kAway), "discover 0 after 1s", kRunning},
      {NotFound(kAway), "discover 0 after 1s", kRunning},
      {NotFound(kAway), "stop; settle", kFailing}},
     "no broker",
     false,
     kTwiceOnceBegun},
    {"WhatWouldComeAgainIsNotTriedAgain",
     {kStart, kPrepared, kDeployed,
      {Ended(0, absl::InvalidArgumentError("bad record")), "stop; settle",
       kFailing},
      {JobExecution::Stopped{}, "", kFailed}},
     "bad record",
     false,
     kTwice},
    {"TheFirstOfFailuresInARowIsNamedBesideTheLast",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::Settled{}, "", kRestarting},
      {JobExecution::Stopped{}, "", kRestarting},
      {JobExecution::Tick{}, "prepare", kRestarting, absl::Seconds(3)},
      {Prepared(2), "deploy 2", kRestarting},
      {JobExecution::Deployed{absl::DataLossError("unreadable")}, "",
       kFailed}},
     "unreadable (the first of 2 failures in a row was: no broker)",
     false,
     kTwice},
    {"ACompletedCheckpointEndsTheRow",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::Settled{}, "", kRestarting},
      {JobExecution::Stopped{}, "", kRestarting},
      {JobExecution::Tick{}, "prepare", kRestarting, absl::Seconds(3)},
      {Prepared(2), "deploy 2", kRestarting},
      {Deployed(2), "discover 0 after 0", kRunning},
      {JobExecution::CheckpointCompleted{}, "", kRunning},
      {Ended(0, absl::DataLossError("unreadable")), "stop; settle", kFailing},
      {JobExecution::Stopped{}, "", kFailed}},
     "unreadable",
     false,
     kTwice},
    {"AStoreThatIsAwayIsTriedAgain",
     {kStart,
      {NotPrepared(absl::UnavailableError("store away")), "", kRestarting},
      {JobExecution::Tick{}, "prepare", kRestarting, absl::Seconds(3)},
      {Prepared(2), "deploy 2", kRestarting},
      {Deployed(2), "discover 0 after 0", kRunning}},
     "",
     false,
     kTwice},
    {"AnUnreadableCheckpointIsNeverPassedOver",
     {kStart,
      {NotPrepared(absl::DataLossError("damaged")), "", kFailed},
      {JobExecution::Tick{}, "", kFailed, absl::Seconds(3)}},
     "loading the latest checkpoint: damaged",
     false,
     kTwice},
    {"AnUnreadableEnumeratorFailsTheJob",
     {kStart, {PreparedFrom(1, "?"), "", kFailed}},
     "numbers: no snapshot",
     true,
     kTwice},
    {"FailedCheckpointsFailTheAttempt",
     {kStart, kPrepared, kDeployed,
      {JobExecution::AttemptFailed{kAway}, "stop; settle", kRestarting}},
     "no broker",
     false,
     kTwice},
    {"AnotherLeaderFoundWhileSettlingForbidsTheRestart",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::AttemptFailed{kAway}, "", kRestarting},
      {JobExecution::AttemptFailed{absl::FailedPreconditionError("fenced")},
       "", kFailing},
      {JobExecution::Stopped{}, "", kFailed}},
     "fenced",
     false,
     kTwice},
    {"IsCanceledWhileItWaitsForARestart",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::Stopped{}, "", kRestarting},
      {JobExecution::CancelAsked{}, "", kCanceled},
      {JobExecution::Settled{}, "", kCanceled}},
     "no broker",
     false,
     kTwice},
    {"IsCanceledWhileItStopsForARestart",
     {kStart, kPrepared, kDeployed,
      {Ended(0, kAway), "stop; settle", kRestarting},
      {JobExecution::CancelAsked{}, "", kCancelling},
      {JobExecution::Stopped{}, "", kCanceled}},
     "no broker",
     false,
     kTwice},

    {"ARestoredEnumeratorSaysAtOnceWhatWaits",
     {kStart,
      {PreparedFrom(1, "old b "), "deploy 1 from 7", kRunning},
      {Deployed(2), "give 0[0] hold; give 0[1] hold; discover 0 after 0",
       kRunning},
      {Requested(1), "give 0[0]; give 0[1] old", kRunning}},
     "",
     true},
    {"SplitsGivenOutBeforeTheCheckpointAreNotGivenAgain",
     {kStart,
      {PreparedFrom(1, "1"), "deploy 1 from 7", kRunning},
      {Deployed(2), "give 0[0].; give 0[1].", kRunning},
      {Found({"a", "b"}), "", kRunning}}},
};

INSTANTIATE_TEST_SUITE_P(
    Table, JobExecutionTest, ::testing::ValuesIn(kScenarios),
    [](const auto& info) { return info.param.name; });

TEST(JobExecutionSnapshot, LeavesOutASourceThatWasNotFoundYet) {
  SplitDealer::Sources sources;
  sources[VertexId(0)] = {
      .uid = "numbers",
      .parallelism = 2,
      .make = [] { return std::make_unique<OneAtATime>(); }};
  JobExecution execution(std::move(sources), FailoverPolicy({}, 1));
  for (const Event& event :
       {Event(JobExecution::Start{}), Prepared(1), Deployed(2)}) {
    execution.Step(event, absl::ZeroDuration());
  }
  EXPECT_TRUE(execution.SnapshotEnumerators().empty());
  execution.Step(Requested(0), absl::ZeroDuration());
  execution.Step(Found({"a", "b"}), absl::ZeroDuration());
  const std::vector<Manifest::Enumerator> found = {{"numbers", "b "}};
  EXPECT_EQ(execution.SnapshotEnumerators(), found);
}

}  // namespace
}  // namespace millrace
