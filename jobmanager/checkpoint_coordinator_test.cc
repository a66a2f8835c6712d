#include "jobmanager/checkpoint_coordinator.h"

#include "jobmanager/coordinator_scenario_test.h"

namespace millrace::scenario::checkpoint_coordinator_test {
namespace {

const absl::Duration k10s = absl::Seconds(10);
const absl::Status kFull = absl::ResourceExhaustedError("disk full");

// One whole checkpoint of attempt 1 from its due time on.
std::vector<Line> Whole(int64_t id, std::vector<Line> before = {},
                        std::string freed = "",
                        std::vector<std::string> files = {}) {
  const std::string n = absl::StrCat(id);
  before.push_back({Tick(), "reserve", k10s});
  before.push_back({Id(id), "trigger " + n});
  before.push_back({Ack(0, id, files), ""});
  before.push_back({Ack(1, id), "write " + n});
  before.push_back({Written(), "swap " + n});
  before.push_back(
      {Swapped(),
       "complete " + n + (freed.empty() ? "" : "; delete " + freed)});
  return before;
}

std::vector<Line> operator+(std::vector<Line> lines, std::vector<Line> more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

const std::vector<Line> kBegan = {{Began(), ""}};
const std::vector<Line> kTriggered = {{Began(), ""},
                                      {Tick(), "reserve", k10s},
                                      {Id(1), "trigger 1"}};
const CheckpointConfig kTolerant = {.tolerable_failures = 1, .retained = 1};

const Scenario kSchedule[] = {
    {"OneComesEveryInterval",
     {{Began(), ""},
      {Tick(), "", absl::Seconds(9)},
      {Tick(), "reserve", absl::Seconds(1)},
      {Tick(), ""},
      {Id(1), "trigger 1"},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(), "complete 1", absl::Seconds(3)},
      {Tick(), "", absl::Seconds(6)},
      {Tick(), "reserve", absl::Seconds(1)}}},
    {"OneIsUnderWayAtATimeAndTheNextIsNotTakenTwice",
     kTriggered + std::vector<Line>{{Tick(), "", absl::Seconds(25)},
                                    {Ack(0, 1), ""},
                                    {Ack(1, 1), "write 1"},
                                    {Written(), "swap 1"},
                                    {Swapped(), "complete 1; reserve"},
                                    {Tick(), ""}}},
    {"TheMinimumPauseCountsFromTheEnd",
     kTriggered + std::vector<Line>{{Ack(0, 1), ""},
                                    {Ack(1, 1), "write 1"},
                                    {Written(), "swap 1"},
                                    {Swapped(), "complete 1",
                                     absl::Seconds(9)},
                                    {Tick(), "", absl::Seconds(19)},
                                    {Tick(), "reserve", absl::Seconds(1)}},
     {.min_pause = absl::Seconds(20)}},
    {"TheMinimumPauseCountsFromAFailureToo",
     kTriggered + std::vector<Line>{{Declined(0, 1, kFull), "abort 1"},
                                    {Tick(), "", absl::Seconds(19)},
                                    {Tick(), "reserve", absl::Seconds(1)}},
     {.min_pause = absl::Seconds(20), .tolerable_failures = 1}},
    {"WithoutAnIntervalNoneComesByTheClock",
     {{Began(), ""}, {Tick(), "", absl::Hours(1000)}},
     {.interval = absl::InfiniteDuration()}},
    {"IsGivenUpAtTheTimeout",
     kTriggered +
         std::vector<Line>{
             {Ack(1, 1), ""},
             {Tick(), "", absl::Minutes(10) - absl::Milliseconds(1)},
             {Tick(),
              "abort 1; fail: JOB-0034: checkpoint 1 failed, 0 failures in a "
              "row being tolerated: not done within 10m: 1 of 2 subtasks did "
              "not answer: 0[0]",
              absl::Milliseconds(1)}}},
};

const Scenario kAcknowledgements[] = {
    {"NothingIsWrittenBeforeEveryoneAcknowledged",
     kTriggered + std::vector<Line>{{Ack(0, 1), ""}, {Ack(1, 1), "write 1"}}},
    {"TheSameAcknowledgementTwiceCountsOnce",
     kTriggered + std::vector<Line>{{Ack(0, 1, {File(1, 1, "a")}), ""},
                                    {Ack(0, 1, {File(1, 1, "a")}), ""},
                                    {Ack(1, 1), "write 1"},
                                    {Ack(1, 1), ""},
                                    {Written(), "swap 1"},
                                    {Swapped(), "complete 1"},
                                    {Ack(0, 1, {File(1, 1, "a")}), ""}}},
    {"OneOfAnEarlierAttemptChangesNothingAndItsFilesGo",
     {{Began(2), ""},
      {Tick(), "reserve", k10s},
      {Id(7), "trigger 7"},
      {Ack(0, 7, {File(1, 7, "a")}, 1), "delete 1-7-a"},
      {Ack(1, 7, {}, 1), ""},
      {Declined(1, 7, kFull, 1), ""},
      {Drained(0, 1), ""},
      {Drained(1, 1), ""},
      {Ack(0, 7, {}, 2), ""},
      {Ack(1, 7, {}, 2), "write 7"}}},
    {"OneOfAnotherCheckpointChangesNothing",
     kBegan + Whole(1) + std::vector<Line>{{Tick(), "reserve", k10s},
                                           {Id(2), "trigger 2"},
                                           {Ack(0, 1), ""},
                                           {Ack(1, 1), ""},
                                           {Ack(0, 2), ""},
                                           {Ack(1, 2), "write 2"}}},
    {"AnAbortedOneAndItsLateAcknowledgementsLeaveNoFiles",
     kTriggered +
         std::vector<Line>{
             {Ack(0, 1, {File(1, 1, "a")}), ""},
             {Declined(1, 1, kFull), "abort 1; delete 1-1-a"},
             {Ack(1, 1, {File(1, 1, "b")}), "delete 1-1-b"},
             {Tick(), "reserve", k10s},
             {Id(2), "trigger 2"},
             {Ack(1, 1, {File(1, 1, "b")}), "delete 1-1-b"}},
     kTolerant},
    {"ASnapshotOnAFileOfNoCheckpointThatCountsIsRefused",
     kTriggered +
         std::vector<Line>{
             {Declined(1, 1, kFull), "abort 1"},
             {Tick(), "reserve", k10s},
             {Id(2), "trigger 2"},
             {Ack(0, 2, {File(1, 1, "b"), File(1, 2, "c")}),
              "delete 1-2-c; abort 2; fail: JOB-0034: checkpoint 2 failed, 1 "
              "failures in a row being tolerated: subtask 0[0]: its snapshot "
              "builds on "
              "job/shared/1-1-b, a file of no checkpoint that counts"}},
     kTolerant},
    {"ASubtaskThatIsNotOfTheJobChangesNothing",
     kTriggered + std::vector<Line>{{Ack(9, 1), ""},
                                    {Ack(0, 1), ""},
                                    {Ack(1, 1), "write 1"}}},
    {"ABarrierThatCouldNotBeSentFailsIt",
     kTriggered + std::vector<Line>{{Unsent(9), ""},
                                    {Unsent(1), "abort 1"},
                                    {Unsent(1), ""}},
     kTolerant},
};

const Scenario kFailures[] = {
    {"TheFirstFailureFailsTheAttemptByDefault",
     kTriggered +
         std::vector<Line>{
             {Declined(1, 1, kFull),
              "abort 1; fail: JOB-0034: checkpoint 1 failed, 0 failures in a "
              "row being tolerated: subtask 1[0]: disk full"},
             {Tick(), "", k10s},
             {Over(), "settled"}}},
    {"OnlyFailuresInARowAreCounted",
     kTriggered +
         std::vector<Line>{{Declined(1, 1, kFull), "abort 1"},
                           {Tick(), "reserve", k10s},
                           {Id(2), "trigger 2"},
                           {Ack(0, 2), ""},
                           {Ack(1, 2), "write 2"},
                           {Written(), "swap 2"},
                           {Swapped(), "complete 2"},
                           {Tick(), "reserve", k10s},
                           {Id(3), "trigger 3"},
                           {Declined(1, 3, kFull), "abort 3"},
                           {Tick(), "reserve", k10s},
                           {Id(4), "trigger 4"},
                           {Declined(1, 4, kFull),
                            "abort 4; fail: JOB-0034: checkpoint 4 failed, 1 "
                            "failures in a row being tolerated: subtask 1[0]: "
                            "disk full"}},
     kTolerant},
    {"ASavepointThatFailsIsNotCounted",
     kBegan + std::vector<Line>{{AskedSavepoint(5), "reserve"},
                                {Id(1), "trigger 1"},
                                {Declined(1, 1, kFull),
                                 "abort 1; answer 5: subtask 1[0]: disk full"},
                                {Tick(), "reserve", k10s}}},
    {"AnAttemptThatEndsDropsWhatIsUnderWay",
     kTriggered + std::vector<Line>{{Ack(0, 1, {File(1, 1, "a")}), ""},
                                    {Over(), "delete 1-1-a; settled"},
                                    {Ack(1, 1, {File(1, 1, "b")}),
                                     "delete 1-1-b"},
                                    {Began(2), ""},
                                    {Ack(1, 1, {File(1, 1, "b")}),
                                     "delete 1-1-b"},
                                    {Tick(), "reserve", k10s},
                                    {Id(2), "trigger 2"}}},
    {"ARestartFromSomethingOlderIsRefused",
     kBegan + Whole(4) +
         std::vector<Line>{
             {Over(), "settled"},
             {Began(2, ManifestOf(3, {})),
              "fail: JOB-0033: the latest checkpoint is gone from the store, "
              "at checkpoint 4. Bring the store of checkpoints back from a "
              "copy."},
             {Tick(), "", k10s}}},
    {"ARestartFromNothingIsRefusedWhereThereIsACheckpoint",
     kBegan + Whole(4) +
         std::vector<Line>{
             {Over(), "settled"},
             {Began(2),
              "fail: JOB-0033: the latest checkpoint is gone from the store, "
              "at checkpoint 4. Bring the store of checkpoints back from a "
              "copy."}}},
};

// A sink says that it is held up, again and again, for days.
std::vector<Line> ForDays(int64_t checkpoint) {
  return std::vector<Line>(
      500, {HeldUp(1, checkpoint), "",
            CheckpointInProgress::kHeldUpFor - absl::Seconds(1)});
}

// Each barrier has full sinks take what stands in front of it (R10).
const Scenario kHeldUp[] = {
    {"OneThatASinkHoldsUpWaitsAndNoOtherBarrierSetsOut",
     kTriggered + std::vector<Line>{{Ack(0, 1), ""}, {HeldUp(1, 1), ""}} +
         ForDays(1) +
         std::vector<Line>{{Ack(1, 1), "write 1"},
                           {Written(), "swap 1"},
                           {Swapped(), "complete 1; reserve"},
                           {Id(2), "trigger 2"}}},
    {"WhoAsksMeanwhileIsToldAndSoIsWhoWaits",
     kTriggered +
         std::vector<Line>{
             {AskedSavepoint(5), ""},
             {HeldUp(1, 1), "answer 5: subtask 1[0]: SNK-0311: full"},
             {AskedStop(6), "answer 6: subtask 1[0]: SNK-0311: full"},
             {Asked(7), "answer 7: subtask 1[0]: SNK-0311: full"},
             {AskedStop(8, /*drain=*/true), "drain"},
             {HeldUp(1, 1), ""}}},
    {"WhatSomebodyAskedForIsGivenUpAndDoesNotCount",
     kBegan +
         std::vector<Line>{
             {AskedStop(5), "reserve"},
             {Id(1), "trigger 1 last"},
             {HeldUp(1, 1), "abort 1; answer 5: subtask 1[0]: SNK-0311: full"},
             {HeldUp(0, 1), ""},
             {Asked(6), "reserve"},
             {Id(2), "trigger 2"},
             {HeldUp(1, 2), "abort 2; answer 6: subtask 1[0]: SNK-0311: full"},
             {Tick(), "reserve", k10s}}},
    {"ItWaitsNoLongerThanThatIsSaid",
     kTriggered +
         std::vector<Line>{
             {HeldUp(1, 1), ""},
             {HeldUp(1, 1), "", absl::Minutes(5)},
             {Ack(1, 1), "", absl::Minutes(5)},
             {Tick(), "", absl::Minutes(5) - absl::Milliseconds(1)},
             {Tick(),
              "abort 1; fail: JOB-0034: checkpoint 1 failed, 0 failures in a "
              "row being tolerated: not done within 15m: 1 of 2 subtasks did "
              "not answer: 0[0]",
              absl::Milliseconds(1)}}},
    {"AFailureElsewhereEndsTheWait",
     kTriggered + std::vector<Line>{{HeldUp(1, 1), ""},
                                    {Declined(0, 1, kFull), "abort 1"},
                                    {Tick(), "reserve", k10s}},
     kTolerant},
    {"SoDoesTheEndOfTheAttempt",
     kTriggered + std::vector<Line>{{HeldUp(1, 1), ""},
                                    {Over(), "settled"},
                                    {Began(2), ""},
                                    {AskedSavepoint(5), "reserve"}}},
};

const Scenario kRetention[] = {
    {"TheOldestGoesWhenItsPlaceIsTaken",
     kBegan + Whole(1, {}, "", {File(1, 1, "a")}) +
         Whole(2, {}, "1-1-a chk-1", {File(1, 2, "b")})},
    {"AFileStaysWhileANewerOneBuildsOnIt",
     kBegan + Whole(1, {}, "", {File(1, 1, "a"), File(1, 1, "b")}) +
         Whole(2, {}, "1-1-b chk-1", {File(1, 1, "a"), File(1, 2, "c")}) +
         Whole(3, {}, "1-1-a 1-2-c chk-2")},
    {"ThreeAreKeptWhereThreeAreWanted",
     kBegan + Whole(1) + Whole(2) + Whole(3) + Whole(4, {}, "chk-1"),
     {.retained = 3}},
    {"ARestoredOneCountsAsKept",
     std::vector<Line>{{Began(5, ManifestOf(7, {File(4, 7, "a")})), ""},
                       {Tick(), "reserve", k10s},
                       {Id(12), "trigger 12"},
                       {Ack(0, 12, {File(4, 7, "a")}, 5), ""},
                       {Ack(1, 12, {}, 5), "write 12"},
                       {Written(), "swap 12"},
                       {Swapped(), "complete 12; delete chk-7"}}},
    {"OlderOnesOfAnotherProcessAreKeptAndGoInTheirTurn",
     std::vector<Line>{{Began(5, ManifestOf(7, {}),
                              {*ManifestOf(6, {File(4, 6, "a")})}),
                        ""},
                       {Tick(), "reserve", k10s},
                       {Id(12), "trigger 12"},
                       {Ack(0, 12, {}, 5), ""},
                       {Ack(1, 12, {}, 5), "write 12"},
                       {Written(), "swap 12"},
                       {Swapped(), "complete 12; delete 4-6-a chk-6"}},
     {.retained = 2}},
    {"AnIdThatWasUsedIsRefused",
     std::vector<Line>{{Began(5, ManifestOf(7, {})), ""},
                       {Tick(), "reserve", k10s},
                       {Id(7),
                        "fail: JOB-0034: a checkpoint failed, 0 failures in a "
                        "row being tolerated: id 7 came after 7"}}},
    {"ASavepointThatItBeganFromIsNeverDeletedAndItsIdIsNoneOfIts",
     std::vector<Line>{
         {Borrowed(1, ManifestOf(50, {File(9, 50, "a")})), ""},
         {Tick(), "reserve", k10s},
         {Id(1), "trigger 1"},
         {Ack(0, 1, {File(9, 50, "a")}), ""},
         {Ack(1, 1), "write 1"},
         {Written(), "swap 1"},
         {Swapped(), "complete 1"}} +
         Whole(2, {}, "chk-1") +
         std::vector<Line>{{Over(), "settled"},
                           {Began(2, ManifestOf(2, {})), ""}}},
    {"ASavepointKeepsTheFilesThatItBuildsOn",
     kBegan + Whole(1, {}, "", {File(1, 1, "a"), File(1, 1, "b")}) +
         std::vector<Line>{{AskedSavepoint(5), "reserve"},
                           {Id(2), "trigger 2"},
                           {Ack(0, 2, {File(1, 1, "a")}), ""},
                           {Ack(1, 2), "write 2"},
                           {Written(), "answer 5: 2"}} +
         Whole(3, {}, "1-1-b chk-1") +
         std::vector<Line>{{JobIs(JobState::kFinished), "forget chk-3"}}},
    // No sink commits by a savepoint: its output is the next checkpoint's.
    {"ASavepointThatIsReleasedLeavesItsOutputToTheNextCheckpoint",
     kTriggered +
         std::vector<Line>{{Ack(0, 1, {Output(1)}), ""},
                           {Declined(1, 1, kFull), "abort 1"},
                           {AskedSavepoint(5), "reserve"},
                           {Id(2), "trigger 2"},
                           {Ack(0, 2, {Output(2), File(1, 2, "a")}), ""},
                           {Ack(1, 2), "write 2"},
                           {Written(), "answer 5: 2"},
                           {Released(2), "delete 1-2-a chk-2"}} +
         Whole(3, {}, "", {Output(1), Output(2)}) +
         Whole(4, {}, Names({Output(1), Output(2), "chk-3"})),
     kTolerant},
    {"WhatAReleasedSavepointLeftGoesWithTheJob",
     kBegan +
         std::vector<Line>{{AskedSavepoint(5), "reserve"},
                           {Id(1), "trigger 1"},
                           {Ack(0, 1, {Output(1)}), ""},
                           {Ack(1, 1), "write 1"},
                           {Written(), "answer 5: 1"},
                           {Released(1), "delete chk-1"},
                           {JobIs(JobState::kFinished),
                            "forget " + Names({Output(1)})}}},
    {"WhatNothingRefersToIsFoundAndDeleted",
     {{Began(5, ManifestOf(7, {File(4, 7, "0-0-0")})), ""},
      {Listed({"job/chk-7/manifest", File(4, 7, "0-0-0"), File(4, 7, "0-0-1"),
               "job/chk-8/manifest", File(4, 8, "0-0-0"), File(5, 9, "0-0-0"),
               "job/notes"},
              9),
       "delete 4-7-0-0-1 4-8-0-0-0 chk-8"}}},
    {"SavepointsOfEarlierProcessesAreNoOrphans",
     {{Began(5, ManifestOf(7, {})), ""},
      {Listed({"job/chk-3/manifest", File(2, 3, "0-0-0")}, 9,
              {*ManifestOf(3, {File(2, 3, "0-0-0")}, true)}),
       ""},
      {JobIs(JobState::kFinished), "forget chk-7"}}},
    {"NothingIsDeletedBeforeTheSavepointsAreKnown",
     kBegan + Whole(1, {}, "", {File(1, 1, "a"), File(1, 1, "b")}) +
         Whole(2) + Whole(3) +
         std::vector<Line>{{Listed({"job/chk-0/manifest"}, 0,
                                   {*ManifestOf(0, {File(1, 1, "a")}, true)}),
                            "delete 1-1-b chk-1 chk-2"}} +
         Whole(4, {}, "chk-3"),
     {.retained = 1},
     true,
     false},
    {"AJobThatEndsBeforeTheyAreKnownLeavesItsFiles",
     kBegan + Whole(1) +
         std::vector<Line>{{JobIs(JobState::kFinished), "forget "}},
     {.retained = 1},
     true,
     false},
    {"WhatTheOneUnderWayNeedsIsNoOrphan",
     {{Began(5), ""},
      {Tick(), "reserve", k10s},
      {Id(9), "trigger 9"},
      {Ack(0, 9, {File(5, 9, "0-0-0")}, 5), ""},
      {Listed({File(5, 9, "0-0-0"), File(4, 8, "0-0-0")}, 10),
       "delete 4-8-0-0-0"}}},
    {"ARestartBeforeTheFirstCheckpointBorrowsAgain",
     {{Borrowed(1, ManifestOf(50, {})), ""},
      {Over(), "settled"},
      {Borrowed(2, ManifestOf(50, {})), ""},
      {Tick(), "reserve", k10s}}},
};

class CheckpointCoordinatorTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(CheckpointCoordinatorTest, Scenario) { Play(GetParam()); }

std::string NameOf(const ::testing::TestParamInfo<Scenario>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Schedule, CheckpointCoordinatorTest,
                         ::testing::ValuesIn(kSchedule), NameOf);
INSTANTIATE_TEST_SUITE_P(Acknowledgements, CheckpointCoordinatorTest,
                         ::testing::ValuesIn(kAcknowledgements), NameOf);
INSTANTIATE_TEST_SUITE_P(Failures, CheckpointCoordinatorTest,
                         ::testing::ValuesIn(kFailures), NameOf);
INSTANTIATE_TEST_SUITE_P(HeldUp, CheckpointCoordinatorTest,
                         ::testing::ValuesIn(kHeldUp), NameOf);
INSTANTIATE_TEST_SUITE_P(Retention, CheckpointCoordinatorTest,
                         ::testing::ValuesIn(kRetention), NameOf);

}  // namespace
}  // namespace millrace::scenario::checkpoint_coordinator_test
