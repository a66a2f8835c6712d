#include "jobmanager/coordinator_scenario_test.h"

// A job that is stopped with a savepoint: what the coordinator is told, and
// what it then wants.
namespace millrace::scenario::checkpoint_stop_test {
namespace {

const absl::Duration k10s = absl::Seconds(10);
const absl::Status kFull = absl::ResourceExhaustedError("disk full");

std::vector<Line> operator+(std::vector<Line> lines, std::vector<Line> more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

const std::vector<Line> kTriggered = {{Began(), ""},
                                      {AskedStop(1), "reserve"},
                                      {Id(1), "trigger 1 last"}};
const std::vector<Line> kStopped =
    kTriggered + std::vector<Line>{{Ack(0, 1), ""},
                                   {Ack(1, 1), "write 1"},
                                   {Written(), "swap 1"},
                                   {Swapped(),
                                    "complete 1 final; answer 1: 1"}};
const std::vector<Line> kDraining = {{Began(), ""},
                                     {AskedStop(1, /*drain=*/true), "drain"}};

const Scenario kStop[] = {
    {"TheJobEndsWithItOnceItIsCopied",
     kStopped + std::vector<Line>{{JobIs(JobState::kFinished), ""},
                                  {Released(1), "forget chk-1"},
                                  {Forgotten(), "settled"}}},
    {"ACopyThatWasMadeBeforeTheEndHoldsNothingUp",
     kStopped + std::vector<Line>{{Released(1), ""},
                                  {JobIs(JobState::kFinished), "forget chk-1"},
                                  {Forgotten(), "settled"}}},
    {"WhoNeverCopiesItIsNotWaitedForForEver",
     kStopped + std::vector<Line>{{JobIs(JobState::kFinished), ""},
                                  {Tick(), "", absl::Minutes(9)},
                                  {Tick(), "settled", absl::Minutes(1)}}},
    {"WhereItCouldNotBeCopiedCheckpointsStay",
     kStopped + std::vector<Line>{{JobIs(JobState::kFinished), ""},
                                  {Released(1, /*lost=*/true), "settled"}}},
    {"NorAreTheyForgottenWhereThatWasKnownBefore",
     kStopped + std::vector<Line>{{Released(1, /*lost=*/true), ""},
                                  {JobIs(JobState::kFinished), "settled"}}},
    {"NothingIsTakenAfterIt",
     kStopped + std::vector<Line>{{Tick(), "complete 1 final", k10s},
                                  {Asked(2), "answer 2: the job has ended"},
                                  {AskedStop(3, /*drain=*/true),
                                   "answer 3: the job has ended"}}},
    {"WhoElseWaitsIsAnswered",
     kTriggered +
         std::vector<Line>{
             {AskedSavepoint(2), ""},
             {Ack(0, 1), ""},
             {Ack(1, 1), "write 1"},
             {Written(), "swap 1"},
             {Swapped(), "complete 1 final; answer 2: the job has ended; "
                         "answer 1: 1"}}},
    {"ItWaitsForTheOneUnderWay",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {AskedStop(1), ""},
      {Id(1), "trigger 1"},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Written(), "swap 1"},
      {Swapped(), "complete 1; reserve"},
      {Id(2), "trigger 2 last"}}},
    {"WhereItFailsTheJobGoesOn",
     kTriggered +
         std::vector<Line>{
             {Declined(0, 1, kFull),
              "abort 1; answer 1: subtask 0[0]: disk full"},
             {Tick(), "reserve", k10s},
             {Id(2), "trigger 2"}}},
    {"WhereItsAttemptFailsTheJobGoesOn",
     kTriggered + std::vector<Line>{
                      {Over(), "answer 1: its attempt has ended; settled"},
                      {Began(2), ""},
                      {Tick(), "reserve", k10s},
                      {Id(2), "trigger 2"}}},
    {"AnAttemptRestoredFromItReadsNothingMore",
     kStopped + std::vector<Line>{{Over(), "settled"},
                                  {Began(2, ManifestOf(1, {})),
                                   "complete 1 final"},
                                  {Tick(), "complete 1 final", k10s}}},
    // The master that was asked is dead, and may not have copied it.
    {"AnotherMasterEndsTheJobWithItAndKeepsIt",
     {{BeganWithTheEnd(2, ManifestOf(1, {})), "complete 1 final"},
      {Asked(2), "answer 2: the job has ended"},
      {Tick(), "complete 1 final", k10s},
      {JobIs(JobState::kFinished), "settled"}}},
    {"TheSameMasterGoesOnWaitingForItsCopy",
     kStopped + std::vector<Line>{{Over(), "settled"},
                                  {BeganWithTheEnd(2, ManifestOf(1, {})),
                                   "complete 1 final"},
                                  {JobIs(JobState::kFinished), ""},
                                  {Released(1), "forget chk-1"}}},
    {"ACancelledJobAnswers",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {AskedStop(1), ""},
      {JobIs(JobState::kCanceled),
       "answer 1: the job has ended; settled"}}},
    {"WithoutAStoreThereIsNone",
     {{Began(), ""},
      {AskedStop(1), "answer 1: the job keeps no checkpoints; set "
                     "execution.checkpointing.dir"}},
     {},
     /*has_store=*/false},
};

const Scenario kDrain[] = {
    {"TheFinalCheckpointIsTheSavepoint",
     kDraining + std::vector<Line>{{Drained(0), ""},
                                   {Drained(1), "reserve"},
                                   {Id(1), "trigger 1"},
                                   {Ack(0, 1), ""},
                                   {Ack(1, 1), "write 1"},
                                   {Written(), "swap 1 last"},
                                   {Swapped(),
                                    "complete 1 final; answer 1: 1"},
                                   {JobIs(JobState::kFinished), ""},
                                   {Released(1), "forget chk-1"}}},
    {"AFinalCheckpointThatFailsIsTakenAgain",
     kDraining + std::vector<Line>{{Drained(0), ""},
                                   {Drained(1), "reserve"},
                                   {Id(1), "trigger 1"},
                                   {Declined(0, 1, kFull), "abort 1"},
                                   {Tick(), "reserve", absl::Seconds(1)}},
     {.tolerable_failures = 1, .retained = 1}},
    {"AFinalCheckpointThatASinkHoldsUpIsTakenOnce",
     kDraining + std::vector<Line>{{Drained(0), ""},
                                   {Drained(1), "reserve"},
                                   {Id(1), "trigger 1"},
                                   {Ack(0, 1), ""},
                                   {HeldUp(1, 1), ""},
                                   {Tick(), "", absl::Seconds(1)},
                                   {Tick(), "", k10s},
                                   {HeldUp(1, 1), "", absl::Minutes(9)},
                                   {Tick(), "", absl::Minutes(9)},
                                   {Ack(1, 1), "write 1"},
                                   {Written(), "swap 1 last"},
                                   {Swapped(),
                                    "complete 1 final; answer 1: 1"}}},
    {"TheNextAttemptIsDrainedToo",
     kDraining + std::vector<Line>{{Over(), "settled"}, {Began(2), "drain"}}},
    {"OneThatBeginsLaterIsDrainedThen",
     {{AskedStop(1, /*drain=*/true), ""}, {Began(), "drain"}}},
    {"NoOtherCheckpointIsTakenMeanwhile",
     kDraining + std::vector<Line>{{Tick(), "", k10s},
                                   {AskedSavepoint(2), ""},
                                   {Drained(0), ""},
                                   {Drained(1), "reserve"},
                                   {Id(1), "trigger 1"}}},
    {"OneWhoseBarrierIsAheadOfTheEndGoesOn",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {Id(1), "trigger 1"},
      {AskedStop(1, /*drain=*/true), "drain"},
      {Drained(0), ""},
      {Ack(0, 1), ""},
      {Ack(1, 1), "write 1"},
      {Drained(1), ""},
      {Written(), "swap 1"},
      {Swapped(), "complete 1; reserve"},
      {Id(2), "trigger 2"}}},
    {"NorOneWhoseBarrierWouldComeBehindTheEnd",
     {{Began(), ""},
      {Tick(), "reserve", k10s},
      {AskedStop(1, /*drain=*/true), "drain"},
      {Id(1), ""},
      {Drained(0), ""},
      {Drained(1), ""},
      {Tick(), "reserve", absl::Seconds(1)},
      {Id(2), "trigger 2"}}},
    {"WhereItCannotBeTheJobGoesOn",
     kDraining +
         std::vector<Line>{{NoDrain(absl::UnimplementedError("cannot")),
                            "answer 1: cannot"},
                           {Over(), "settled"},
                           {Began(2), ""}}},
};

class CheckpointStopTest : public testing::TestWithParam<Scenario> {};

TEST_P(CheckpointStopTest, GoesAsTheTableSays) { Play(GetParam()); }

std::string NameOf(const testing::TestParamInfo<Scenario>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Stop, CheckpointStopTest, testing::ValuesIn(kStop),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Drain, CheckpointStopTest, testing::ValuesIn(kDrain),
                         NameOf);

}  // namespace
}  // namespace millrace::scenario::checkpoint_stop_test
