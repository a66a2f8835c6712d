#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "jobmanager/coordinator_scenario_test.h"

// What the store answers, who asked, and how a job ends.
namespace millrace::scenario::checkpoint_outcomes_test {
namespace {

const absl::Duration k1s = absl::Seconds(1);
const absl::Duration k10s = absl::Seconds(10);
const absl::Status kAway = absl::UnavailableError("away");
const absl::Status kUnknown = absl::UnknownError("no answer");
const absl::Status kTaken = absl::AbortedError("attempt 1 is not the newest");
const absl::Status kFull = absl::ResourceExhaustedError("disk full");
const char kFenced[] =
    "fail: JOB-0032: another process runs this job: attempt 1 is not the "
    "newest. Stop one of the two; this one has stopped.";

std::vector<Line> operator+(std::vector<Line> lines, std::vector<Line> more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

const std::vector<Line> kAcknowledged = {
    {Began(), ""},
    {Tick(), "reserve", k10s},
    {Id(1), "trigger 1"},
    {Ack(0, 1, {File(1, 1, "a")}), ""},
    {Ack(1, 1), "write 1"}};
const std::vector<Line> kSwapping =
    kAcknowledged + std::vector<Line>{{Written(), "swap 1"}};
const std::vector<Line> kDrained = {
    {Began(), ""}, {Drained(0), ""}, {Drained(1), "reserve"}};
const CheckpointConfig kTolerant = {.tolerable_failures = 1, .retained = 1};
const CheckpointConfig kNever = {.interval = absl::InfiniteDuration()};

const Scenario kStore[] = {
    {"AnIdIsAskedForAgain",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {NoId(kUnknown), ""},
      {Tick(), "reserve", k1s},
      {NoId(kAway), ""},
      {Tick(), "reserve", k1s},
      {Id(1), "trigger 1"}}},
    {"AnIdThatNeverComesFailsItAtTheTimeout",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {Tick(), "", absl::Minutes(10)},
      {Tick(), "reserve", absl::Seconds(1)},
      {Id(1), "trigger 1"},
      {Id(2), ""}},
     {.min_pause = k1s, .tolerable_failures = 1}},
    {"AnIdRefusedToAnOldAttemptEndsTheJob",
     {{Began(), ""}, {Tick(), "reserve", k10s}, {NoId(kTaken), kFenced}}},
    {"AManifestIsWrittenAgain",
     kAcknowledged + std::vector<Line>{{Written(kAway), ""},
                                       {Tick(), "write 1", k1s},
                                       {Written(), "swap 1"}}},
    {"AManifestThatCannotBeWrittenFailsItAndGoes",
     kAcknowledged +
         std::vector<Line>{{Written(kFull), "abort 1; delete 1-1-a chk-1"}},
     kTolerant},
    {"AManifestIsNotWrittenForEver",
     kAcknowledged +
         std::vector<Line>{{Written(kAway), "", absl::Minutes(10)},
                           {Tick(), "abort 1; delete 1-1-a chk-1; reserve",
                            k1s}},
     kTolerant},
    {"NothingIsCompleteBeforeThePointerIsMoved",
     kAcknowledged + std::vector<Line>{{Written(), "swap 1"},
                                       {Tick(), "", k10s},
                                       {Swapped(), "complete 1; reserve"}}},
    {"ASwapThatWasNotDoneIsTriedAgain",
     kSwapping + std::vector<Line>{{Swapped(kAway), ""},
                                   {Tick(), "swap 1", k1s},
                                   {Swapped(), "complete 1"}}},
    {"ASwapThatWasNotDoneIsGivenUpAtTheTimeout",
     kSwapping +
         std::vector<Line>{{Swapped(kAway), "", absl::Minutes(10)},
                           {Tick(), "abort 1; delete 1-1-a chk-1; reserve",
                            k1s}},
     kTolerant},
    {"ASwapInDoubtIsAskedAboutAgain",
     kSwapping + std::vector<Line>{{Swapped(kUnknown), ""},
                                   {Tick(), "swap 1", k1s},
                                   {Swapped(kAway), ""},
                                   {Tick(), "swap 1", k1s},
                                   {Swapped(), "complete 1"}}},
    {"ASwapLongInDoubtIsLeftToTheNextAttemptAndItsFilesStay",
     kSwapping +
         std::vector<Line>{
             {Swapped(kUnknown), ""},
             {Tick(), "swap 1", k1s},
             {Swapped(kUnknown), ""},
             {Tick(),
              "fail: JOB-0035: whether checkpoint 1 counts is not known: "
              "refused for 15s: moving the pointer to it: no answer. See to "
              "the store of checkpoints; the job then goes on from whichever "
              "counts.",
              absl::Seconds(14)},
             {Over(), "settled"},
             {Began(2, ManifestOf(1, {File(1, 1, "a")})), ""}}},
    {"ASwapLostToAnotherEndsTheJobAndDeletesNothing",
     kSwapping + std::vector<Line>{{Swapped(kTaken), kFenced},
                                   {Over(), "settled"},
                                   {JobIs(JobState::kFailed), "settled"}}},
    {"ASwapInDoubtThatTurnsOutLostDeletesNothing",
     kSwapping + std::vector<Line>{{Swapped(kUnknown), ""},
                                   {Tick(), "swap 1", k1s},
                                   {Swapped(kTaken), kFenced}}},
    {"AStoreThatRefusesTheSwapFailsTheAttemptAndDeletesNothing",
     kSwapping +
         std::vector<Line>{
             {Swapped(absl::DataLossError("record damaged")),
              "fail: moving the pointer to it: record damaged"}}},
    {"AnswersToNobodyChangeNothing",
     {{Began(), ""}, {Id(1), ""}, {Written(), ""}, {Swapped(), ""},
      {Forgotten(), ""}, {Unsent(1), ""}}},
};

const Scenario kEndOfAttempt[] = {
    {"AManifestBeingWrittenIsAwaitedAndGoes",
     kAcknowledged +
         std::vector<Line>{{Over(), ""},
                           {Written(), "delete 1-1-a chk-1; settled"},
                           {Began(2), ""}}},
    {"ASwapBeingDoneIsAwaitedAndCountsWithoutANotice",
     kSwapping +
         std::vector<Line>{{Over(), ""},
                           {Swapped(), "settled"},
                           {Began(2, ManifestOf(1, {File(1, 1, "a")})), ""},
                           {Ack(0, 1, {File(1, 1, "a")}), ""}}},
    {"ASwapThatWasNotDoneIsThenGivenUp",
     kSwapping +
         std::vector<Line>{{Over(), ""},
                           {Swapped(kAway), "delete 1-1-a chk-1; settled"}}},
    {"ASwapInDoubtHoldsUpTheRestart",
     kSwapping + std::vector<Line>{{Swapped(kUnknown), ""},
                                   {Over(), ""},
                                   {Tick(), "swap 1", k1s},
                                   {Swapped(kAway), ""},
                                   {Tick(), "swap 1", k1s},
                                   {Swapped(), "settled"}}},
    {"ASwapInDoubtAndLostForbidsTheRestart",
     kSwapping +
         std::vector<Line>{
             {Swapped(kUnknown), ""},
             {Over(), ""},
             {Tick(), "swap 1", k1s},
             {Swapped(kTaken), std::string(kFenced) + "; settled"}}},
    {"AJobThatEndsInDoubtLeavesBothOutcomesWhatTheyNeed",
     kSwapping +
         std::vector<Line>{{Swapped(kUnknown), ""},
                           {Over(), ""},
                           {JobIs(JobState::kFailed), "settled"},
                           {Ack(0, 1, {File(1, 1, "a")}), ""}}},
    {"ARequestInDoubtIsAnsweredWhenTheJobEnds",
     {{Began(), ""},
      {Asked(5), "reserve"},
      {Id(1), "trigger 1"},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(kUnknown), ""},
      {JobIs(JobState::kFailed), "answer 5: its attempt has ended; settled"}}},
    {"AJobThatEndsAwaitsTheAnswerAndNoMore",
     kSwapping + std::vector<Line>{{JobIs(JobState::kCanceled), ""},
                                   {Swapped(kUnknown), "settled"}}},
    {"ASwapDoneAtTheEndIsForgottenToo",
     kSwapping + std::vector<Line>{{JobIs(JobState::kCanceled), ""},
                                   {Swapped(), "forget 1-1-a chk-1"},
                                   {Forgotten(), "settled"}},
     {.retention = CheckpointConfig::Retention::kDeleteOnCancellation}},
    {"WhatOneAttemptReservedServesTheNext",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {Over(), "settled"},
      {Began(2), ""},
      {Tick(), "reserve", k10s},
      {Id(1), "trigger 1"},
      {Id(2), ""}}},
};

const Scenario kRequests[] = {
    {"ARequestIsServedAtOnceAndOneServesAll",
     {{Began(), ""},
      {Asked(5), "reserve"},
      {Id(1), "trigger 1"},
      {Asked(6), ""},
      {Asked(7), ""},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(), "complete 1; answer 5: 1; reserve"},
      {Id(2), "trigger 2"},
      {Ack(0, 2), ""},
      {Ack(1, 2), "write 2"},
      {Written(), "swap 2"},
      {Swapped(), "complete 2; answer 6: 2; answer 7: 2; delete chk-1"}}},
    {"ASavepointAndACheckpointAreTwoThings",
     {{Asked(5), ""},
      {AskedSavepoint(6), ""},
      {Began(), "reserve"},
      {Id(1), "trigger 1"},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(), "complete 1; answer 5: 1; reserve"},
      {Id(2), "trigger 2"},
      {Ack(0, 2), ""},
      {Ack(1, 2), "write 2"},
      {Written(), "answer 6: 2"}}},
    {"ARequestWhileRestoringWaits",
     {{Asked(5), ""}, {Began(), "reserve"}}},
    {"ARequestUnderWayIsAnsweredWhenItsAttemptEnds",
     {{Began(), ""},
      {Asked(5), "reserve"},
      {Id(1), "trigger 1"},
      {Over(), "answer 5: its attempt has ended; settled"}}},
    {"ASavepointMovesNoPointerAndIsKeptForEver",
     {{Began(), ""},
      {AskedSavepoint(5), "reserve"},
      {Id(1), "trigger 1"},
      {Ack(0, 1, {File(1, 1, "a")}), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "answer 5: 1"},
      {Tick(), "reserve", k10s},
      {Id(2), "trigger 2"},
      {Ack(0, 2, {File(1, 1, "a"), File(1, 2, "b")}), ""},
      {Ack(1, 2), "write 2"},
      {Written(), "swap 2"},
      {Swapped(), "complete 2"},
      {JobIs(JobState::kFinished), "forget 1-2-b chk-2"},
      {Forgotten(), "settled"}}},
    {"ASavepointDoesNotPutOffTheNextCheckpoint",
     {{Began(), ""},
      {AskedSavepoint(5), "reserve", absl::Seconds(8)},
      {Id(1), "trigger 1"},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "answer 5: 1", k1s},
      {Tick(), "reserve", k1s}},
     {.min_pause = absl::Minutes(1)}},
    {"WithoutAStoreRequestsAreDeclined",
     {{Began(), ""},
      {AskedSavepoint(5),
       "answer 5: the job keeps no checkpoints; set "
       "execution.checkpointing.dir"}},
     {},
     false},
    {"AfterTheEndRequestsAreDeclined",
     {{Asked(4), ""},
      {JobIs(JobState::kFailed), "answer 4: the job has ended; settled"},
      {Asked(5), "answer 5: the job has ended"}}},
};

const Scenario kFinal[] = {
    {"AFinalOneFollowsAtOnceWhenEverySubtaskHasDrained",
     kDrained + std::vector<Line>{{Id(1), "trigger 1"},
                                  {Ack(0, 1), ""},
                                  {Ack(1, 1), "write 1"},
                                  {Written(), "swap 1"},
                                  {Swapped(), "complete 1 final"},
                                  {Tick(), "", k1s}},
     kNever},
    {"WhileOneStillRunsTheDrainedTakePartInOrdinaryOnes",
     {{Began(), ""},
      {Drained(0), ""},
      {Drained(0), ""},
      {Tick(), "reserve", k10s},
      {Id(1), "trigger 1"},
      {Ack(1, 1), ""},
      {Ack(0, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(), "complete 1"}}},
    {"OneBegunBeforeTheLastDrainedIsNotFinal",
     {{Began(), ""},
      {Drained(0), ""},
      {Tick(), "reserve", k10s},
      {Id(1), "trigger 1"},
      {Drained(1), ""},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(), "complete 1; reserve"},
      {Id(2), "trigger 2"},
      {Ack(0, 2), ""},
      {Ack(1, 2), "write 2"},
      {Written(), "swap 2"},
      {Swapped(), "complete 2 final; delete chk-1"}},
     {.min_pause = absl::Hours(1), .retained = 1}},
    {"TheEndIsSaidAgainUntilTheSubtasksHaveEnded",
     kDrained + std::vector<Line>{{Id(1), "trigger 1"},
                                  {Ack(0, 1), ""},
                                  {Ack(1, 1), "write 1"},
                                  {Written(), "swap 1"},
                                  {Swapped(), "complete 1 final"},
                                  {Tick(), "complete 1 final",
                                   absl::Seconds(5)},
                                  {Tick(), "complete 1 final",
                                   absl::Seconds(5)},
                                  {JobIs(JobState::kFinished), "forget chk-1"},
                                  {Tick(), "", absl::Seconds(5)},
                                  {Forgotten(), "settled"}}},
    {"AFinalOneThatFailsIsTakenAgainASecondLater",
     kDrained + std::vector<Line>{{Id(1), "trigger 1"},
                                  {Declined(0, 1, kFull), "abort 1"},
                                  {Tick(), "", absl::Milliseconds(999)},
                                  {Tick(), "reserve", absl::Milliseconds(1)}},
     {.interval = absl::InfiniteDuration(), .tolerable_failures = 1}},
    {"ASavepointAskedDuringTheFinalOneIsDeclinedWhenItCompletes",
     kDrained + std::vector<Line>{{Id(1), "trigger 1"},
                                  {AskedSavepoint(5), ""},
                                  {Ack(0, 1), ""},
                                  {Ack(1, 1), "write 1"},
                                  {Written(), "swap 1"},
                                  {Swapped(),
                                   "complete 1 final; answer 5: the job has "
                                   "ended"},
                                  {AskedSavepoint(6),
                                   "answer 6: the job has ended"}}},
    {"ASavepointAskedDuringTheFinalOneFollowsItsFailure",
     kDrained + std::vector<Line>{{Id(1), "trigger 1"},
                                  {AskedSavepoint(5), ""},
                                  {Declined(0, 1, kFull), "abort 1; reserve"},
                                  {Id(2), "trigger 2"},
                                  {Ack(0, 2), ""},
                                  {Ack(1, 2), "write 2"},
                                  {Written(), "answer 5: 2; reserve", k1s}},
     kTolerant},
    {"ARestartedAttemptDrainsAndEndsAnew",
     kDrained +
         std::vector<Line>{{Id(1), "trigger 1"},
                           {Ack(0, 1), ""},
                           {Ack(1, 1), "write 1"},
                           {Written(), "swap 1"},
                           {Swapped(), "complete 1 final"},
                           {Over(), "settled"},
                           {Tick(), "", absl::Minutes(1)},
                           {Began(2, ManifestOf(1, {})), ""},
                           {Drained(0, 2), ""},
                           {Drained(1, 1), ""},
                           {Drained(1, 2), "reserve"},
                           {Id(2), "trigger 2"}}},
    {"WithoutAStoreAcknowledgementsMakeTheFinalOneComplete",
     {{Began(), ""},
      {Tick(), "", k10s},
      {Drained(1), ""},
      {Drained(0), "trigger 1"},
      {Ack(1, 1), ""},
      {Ack(0, 1), "complete 1 final"},
      {JobIs(JobState::kFinished), "settled"}},
     {},
     false},
    {"WithoutAStoreADeclinedFinalOneFailsTheAttempt",
     {{Began(), ""},
      {Drained(1), ""},
      {Drained(0), "trigger 1"},
      {Declined(1, 1, kFull),
       "abort 1; fail: JOB-0034: checkpoint 1 failed, 0 failures in a row "
       "being tolerated: subtask 1[0]: disk full"}},
     {},
     false},
};

// A job with checkpoint 1 ends; `what` is wanted then.
Scenario EndsWith(std::string name, JobState state,
                  CheckpointConfig::Retention retention,
                  std::vector<Line> what) {
  std::vector<Line> lines =
      kSwapping + std::vector<Line>{{Swapped(), "complete 1"},
                                    {Over(), "settled"}};
  what.front().event = JobIs(state);
  return {std::move(name), lines + what, {.retention = retention}};
}

using Retention = CheckpointConfig::Retention;
const std::vector<Line> kKept = {{Tick(), "settled"}};
const std::vector<Line> kGone = {{Tick(), "forget 1-1-a chk-1"},
                                 {Forgotten(), "settled"}};

const Scenario kEndOfJob[] = {
    EndsWith("AFinishedJobNeedsNone", JobState::kFinished, Retention::kRetain,
             kGone),
    EndsWith("ACancelledJobKeepsThem", JobState::kCanceled,
             Retention::kRetain, kKept),
    {"WhatWasSealedForOneThatWasGivenUpGoesWithTheJob",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {Id(1), "trigger 1"},
      {Ack(0, 1, {Output(1)}), ""},
      {Declined(1, 1, kAway), "abort 1"},
      {Over(), "settled"},
      {JobIs(JobState::kCanceled),
       "delete " + Names({Output(1)}) + "; settled"}},
     {.tolerable_failures = 1}},
    EndsWith("AFailedJobKeepsThem", JobState::kFailed, Retention::kRetain,
             kKept),
    EndsWith("ACancelledJobsGoIfAskedFor", JobState::kCanceled,
             Retention::kDeleteOnCancellation, kGone),
    EndsWith("AFailedJobKeepsThemEvenSo", JobState::kFailed,
             Retention::kDeleteOnCancellation, kKept),
    EndsWith("AFailedJobsGoIfNoneAreWanted", JobState::kFailed,
             Retention::kDelete, kGone),
    EndsWith("ForgettingIsTriedThreeTimes", JobState::kFinished,
             Retention::kRetain,
             {{Tick(), "forget 1-1-a chk-1"},
              {Forgotten(kAway), ""},
              {Tick(), "forget 1-1-a chk-1", k1s},
              {Forgotten(kUnknown), ""},
              {Tick(), "forget 1-1-a chk-1", k1s},
              {Forgotten(kAway), "settled"}}),
    EndsWith("AJobThatAnotherProcessTookIsLeftToIt", JobState::kFinished,
             Retention::kRetain,
             {{Tick(), "forget 1-1-a chk-1"}, {Forgotten(kTaken), "settled"}}),
};

class CheckpointOutcomesTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(CheckpointOutcomesTest, Scenario) { Play(GetParam()); }

std::string NameOf(const ::testing::TestParamInfo<Scenario>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Store, CheckpointOutcomesTest,
                         ::testing::ValuesIn(kStore), NameOf);
INSTANTIATE_TEST_SUITE_P(EndOfAttempt, CheckpointOutcomesTest,
                         ::testing::ValuesIn(kEndOfAttempt), NameOf);
INSTANTIATE_TEST_SUITE_P(Requests, CheckpointOutcomesTest,
                         ::testing::ValuesIn(kRequests), NameOf);
INSTANTIATE_TEST_SUITE_P(Final, CheckpointOutcomesTest,
                         ::testing::ValuesIn(kFinal), NameOf);
INSTANTIATE_TEST_SUITE_P(EndOfJob, CheckpointOutcomesTest,
                         ::testing::ValuesIn(kEndOfJob), NameOf);

// What the actions leave open: reports and the manifest.
TEST(CheckpointReports, SayHowMuchWasWritten) {
  CheckpointCoordinator coordinator(
      {.job_id = "job", .job_name = "name", .vertices = {{"0", 1}, {"1", 1}}});
  std::optional<CheckpointReport> done;
  std::shared_ptr<const Manifest> manifest;
  const auto before = ManifestOf(7, {File(1, 7, "a")});
  absl::Duration now;
  for (const Event& event :
       {Began(2, before), Tick(), Id(8),
        Ack(1, 8, {File(1, 7, "a"), File(2, 8, "b")}, 2), Ack(0, 8, {}, 2),
        Written(), Swapped()}) {
    for (const Action& action : coordinator.Step(event, now)) {
      if (const auto* report = std::get_if<CheckpointReport>(&action)) {
        done = *report;
      } else if (const auto* write =
                     std::get_if<checkpoint::WriteManifest>(&action)) {
        manifest = write->manifest;
      }
    }
    now += absl::Seconds(10);
  }
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->outcome, CheckpointReport::Outcome::kCompleted);
  EXPECT_EQ(done->duration, absl::Seconds(50));
  EXPECT_EQ(done->state_bytes, 220);
  EXPECT_EQ(done->written_bytes, 120);
  EXPECT_EQ(coordinator.latest(), CheckpointId(8));
  ASSERT_NE(manifest, nullptr);
  EXPECT_EQ(manifest->job_id, "job");
  EXPECT_EQ(manifest->job_name, "name");
  EXPECT_EQ(manifest->vertices.size(), 2);
  EXPECT_FALSE(manifest->is_savepoint);
  ASSERT_EQ(manifest->operators.size(), 2);
  EXPECT_EQ(manifest->operators[0].uid, "0");
}

}  // namespace
}  // namespace millrace::scenario::checkpoint_outcomes_test
