#include "connectors/kafka/exactly_once/epoch_sender.h"

#include "connectors/kafka/exactly_once/sender_script_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

struct Line {
  const char* event;
  const char* actions;
};

struct Scenario {
  const char* name;
  std::vector<Line> lines;
  OnMarkerLoss on_marker_loss = OnMarkerLoss::kStop;
};

EpochSender::Options OwnOptions(OnMarkerLoss on_marker_loss) {
  return {.table = "t",
          .brokers = "b:1",
          .run = "run",
          .transactional_id = "own",
          .output_topic = "out",
          .commits_topic = "commits",
          .on_marker_loss = on_marker_loss};
}

// Every scenario begins with topics that were looked at.
void Play(const Scenario& scenario) {
  SCOPED_TRACE(scenario.name);
  SenderScript script(OwnOptions(scenario.on_marker_loss));
  EXPECT_EQ(script.Tell("start"), "open 1 own, 1 describe");
  EXPECT_EQ(script.Tell("ok"), "");
  for (const Line& line : scenario.lines) {
    EXPECT_EQ(script.Tell(line.event), line.actions) << line.event;
  }
}

class EpochSenderTest : public testing::TestWithParam<Scenario> {};

TEST_P(EpochSenderTest, DoesWhatTheProtocolSays) { Play(GetParam()); }

// What a kill or a fault leaves, row by row of the design's table: an attempt
// restores epoch 5, whose checkpoint has completed.
const Scenario kRecoveries[] = {
    {"nothing of it was begun: it is written",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:4:0@9", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"ok", "done"}}},
    {"it was aborted before its commit was decided: it is written again",
     {{"begin j:5!j:4@9", "1 init"},
      {"retriable", "1 init after 50ms"},  // CONCURRENT_TRANSACTIONS
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:4:0@9", "1 send 0/0"}}},
    {"it was committed and nobody was told: it is left",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:5:0@11", "done"}}},
    {"it was committed and so was what follows, by an attempt since",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:8:0@30", "done"}}},
    {"half of its chunks were committed: the others are written",
     {{"begin j:5x3!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:5:0@11", "1 send 0/1"},
      {"ok", "1 mark j:5:1"},
      {"ok 12", "1 commit"},
      {"ok", "1 send 0/2"},
      {"ok", "1 mark j:5:2"},
      {"ok 13", "1 commit"},
      {"ok", "done"}}},
    {"an epoch without records is done when its id is taken over",
     {{"begin j:5x0!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:4:0@9", "done"}}},
    {"the first ever: no marker is what must be there",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"}}},
    {"a session that has read goes on without reading",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"ok", "done"},
      {"begin j:6 j:7x0", "1 send 0/0"},
      {"ok", "1 mark j:6:0"},
      {"ok 13", "1 commit"},
      {"ok", "done"},
      {"begin j:8x0", "done"}}},
};

// R5 and the reaction table: whatever is not clean ends the session, and the
// next one finds out.
const Scenario kReactions[] = {
    {"a commit whose outcome is unknown",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"},
      {"ok", "2 nonce"},
      {"ok", "2 read -1"},
      {"has j:5:0@12", "done"}}},
    {"a commit that may be asked again is not: it could hit the next one",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"retriable", "close 1, open 2 own, 2 init after 50ms"}}},
    {"a commit that is done while its coordinator was in trouble counts, and "
     "nothing follows it in its session",
     {{"begin j:5x2", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"suspect", "close 1, open 2 own, 2 init after 50ms"},
      {"ok", "2 nonce"},
      {"ok", "2 read 12"},
      {"has j:5:0@12", "2 send 0/1"}}},
    {"records that were not delivered",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"}}},
    {"a marker that was not delivered",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"}}},
    {"a marker whose place nobody told: what is read next begins before it",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:4:0@9", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok", "1 commit"},
      {"ok", "done"},
      {"begin j:6", "1 send 0/0"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"},
      {"ok", "2 nonce"},
      {"ok", "2 read 9"}}},
    {"a nonce in doubt, and one that was fenced",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"suspect", "close 1, open 2 own, 2 init after 50ms"},
      {"ok", "2 nonce"},
      {"fenced", "close 2, open 3 own, 3 init after 100ms"}}},
    {"a read that did not come so far is made again",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"retriable", "1 read -1 after 50ms"},
      {"none", "1 send 0/0"}}},
    {"an answer of a session that was given up changes nothing",
     {{"begin j:5", "1 init"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"},
      {"1:ok", ""},
      {"2:ok", "2 nonce"}}},
    {"what Kafka refuses for good parks the sink, until it does not",
     {{"begin j:5", "1 init"},
      {"refused", "close 1, open 2 own, 2 describe after 1s, warn"},
      {"ok", "2 init"},
      {"refused", "close 2, open 3 own, 3 describe after 2s"},
      {"ok", "3 init"},
      {"ok", "3 nonce"},
      {"ok", "3 read -1"},
      {"none", "3 send 0/0"},
      {"refused", "close 3, open 4 own, 4 describe after 4s, warn"},
      {"ok", "4 init"},
      {"ok", "4 nonce"},
      {"ok", "4 read -1"},
      {"none", "4 send 0/0"},
      {"ok", "4 mark j:5:0"},
      {"ok 12", "4 commit"},
      {"ok", "done"},
      {"begin j:6", "4 send 0/0"},
      {"refused", "close 4, open 5 own, 5 describe after 1s, warn"}}},
    {"batches that were too large are halved, until the topic changes",
     {{"begin j:5", "1 init"},
      {"too-large", "close 1, open 2 own in batches of 262144, "
                    "2 describe after 1s, warn"},
      {"ok", "2 init"},
      {"too-large", "close 2, open 3 own in batches of 131072, "
                    "3 describe after 2s"},
      {"ok-takes-1000", "close 3, open 4 own in batches of 1000, 4 init"},
      {"too-large", "close 4, open 5 own in batches of 500, "
                    "5 describe after 4s"},
      {"ok", "5 init"},
      {"unknown", "close 5, open 6 own, 6 init after 4s"}}},
    {"what comes to nothing again and again: topics are looked at",
     {{"begin j:5", "1 init"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"},
      {"unknown", "close 2, open 3 own, 3 init after 100ms"},
      {"unknown", "close 3, open 4 own, 4 init after 200ms"},
      {"unknown", "close 4, open 5 own, 5 describe after 400ms"},
      {"ok", "5 init"}}},
    {"brokers that are away in between are waited for, however long",
     {{"begin j:5", "1 init"},
      {"later 100000", ""},
      {"retriable", "1 init after 50ms"},
      {"later 100000", ""},
      {"retriable", "1 init after 100ms"},
      {"later 100000", ""},
      {"retriable", "1 init after 200ms"}}},
};

// R6, R8, R9: markers of other lineages, and none where one was.
const Scenario kLineages[] = {
    {"the marker is gone",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"none", "fail SNK-0306"}}},
    {"the partition does not reach so far any more",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"lost", "fail SNK-0306"}}},
    {"the marker went back",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:3:0@9", "fail SNK-0306"}}},
    {"it went back within an attempt",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"none", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"ok", "done"},
      {"begin j:6", "1 send 0/0"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"},
      {"ok", "2 nonce"},
      {"ok", "2 read 12"},
      {"none", "fail SNK-0306"}}},
    {"a foreign job's marker stands where one was acknowledged",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has other:1:0@9", "fail SNK-0306"}}},
    {"a new job names the one before it",
     {{"begin k:1", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"has j:7:0,i:3:0@9", "1 send 0/0"},
      {"ok", "1 mark k:1:0,j:7:0,i:3:0"}}},
    {"a job that claimed a savepoint settles what waits in it first",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has j:4:0@9", "1 send 0/0"},
      {"ok", "1 mark j:5:0"},
      {"ok 12", "1 commit"},
      {"ok", "done"},
      {"begin k:2", "1 send 0/0"},
      {"ok", "1 mark k:2:0,j:5:0"}}},
    {"an older savepoint, after a job that went on from it: settled",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has k:9:0,j:5:0@40", "done"}}},
    {"a later one than the job went on from",
     {{"begin j:7!j:5@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"has k:9:0,j:5:0@40", "fail SNK-0306"}}},
    {"lost, and to be written again: once, whatever follows",
     {{"begin j:5!j:4@9 j:6!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"none", "1 send 0/0, warn"},
      {"ok", "1 mark j:5:0"},
      {"ok 2", "1 commit"},
      {"ok", "1 send 1/0"},
      {"unknown", "close 1, open 2 own, 2 init after 50ms"},
      {"ok", "2 nonce"},
      {"ok", "2 read 2"},
      {"has j:5:0@2", "2 send 1/0"}},
     OnMarkerLoss::kReplay},
    {"lost, and to be left out",
     {{"begin j:5!j:4@9", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read 9"},
      {"none", "warn, done"},
      {"begin j:6", "1 send 0/0"},
      {"ok", "1 mark j:6:0"}},
     OnMarkerLoss::kSkip},
};

// R2, R11: what was restored of other writers.
const Scenario kOthers[] = {
    {"each id is taken before the first nonce, and let go in the end",
     {{"begin j:5=a!j:4@9 j:5=b!j:4@7", "open 2 a, 2 init, open 3 b, 3 init"},
      {"2:ok", ""},
      {"3:ok", "2 nonce, 3 nonce"},
      {"2:ok", "2 read 9"},
      {"2:has j:5:0@11", ""},
      {"3:ok", "3 read 7"},
      {"3:has j:4:0@7", "3 send 1/0"},
      {"3:ok", "3 mark j:5:0"},
      {"3:ok 8", "3 commit"},
      {"3:ok", "close 2, close 3, done"},
      {"begin j:6", "1 init"}}},
    {"one that fails is taken again; others go on",
     {{"begin j:5=a j:5=b", "open 2 a, 2 init, open 3 b, 3 init"},
      {"2:ok", ""},
      {"3:ok", "2 nonce, 3 nonce"},
      {"2:unknown", "close 2, open 4 a, 4 init after 50ms"},
      {"3:ok", "3 read -1"},
      {"4:ok", "4 nonce"}}},
    {"one that is refused has the topics looked at, for all of them",
     {{"begin j:5=a j:5=b", "open 2 a, 2 init, open 3 b, 3 init"},
      {"2:refused", "close 2, 1 describe, open 4 a, 4 init after 1s, warn"},
      {"1:ok-takes-1000",
       "close 4, close 3, close 1, open 5 a in batches of 1000, "
       "5 init after 1s, open 6 b in batches of 1000, 6 init"}}},
    {"also where the own session was in use: it is another one then",
     {{"begin j:5", "1 init"},
      {"ok", "1 nonce"},
      {"ok", "1 read -1"},
      {"has j:5:0@9", "done"},
      {"begin j:6=a", "open 2 a, 2 init"},
      {"2:refused",
       "close 2, close 1, open 3 own, 3 describe, open 4 a, "
       "4 init after 1s, warn"},
      {"3:ok", ""},
      {"4:ok", "4 nonce"},
      {"4:ok", "4 read -1"},
      {"4:has j:6:0@9", "close 4, done"},
      {"begin j:7", "3 init"}}},
    {"a look that ends when everything is settled ends nothing",
     {{"begin j:5=a", "open 2 a, 2 init"},
      {"2:refused", "close 2, 1 describe, open 3 a, 3 init after 1s, warn"},
      {"3:ok", "3 nonce"},
      {"3:ok", "3 read -1"},
      {"3:has j:5:0@9", "close 3, done"},
      {"1:refused", "close 1"},
      {"begin j:6", "open 4 own, 4 init after 50ms"}}},
};

INSTANTIATE_TEST_SUITE_P(Recoveries, EpochSenderTest,
                         testing::ValuesIn(kRecoveries));
INSTANTIATE_TEST_SUITE_P(Reactions, EpochSenderTest,
                         testing::ValuesIn(kReactions));
INSTANTIATE_TEST_SUITE_P(Lineages, EpochSenderTest,
                         testing::ValuesIn(kLineages));
INSTANTIATE_TEST_SUITE_P(Others, EpochSenderTest,
                         testing::ValuesIn(kOthers));

// Fenced so often, `seconds` apart; what was said last.
std::string Fence(int times, int seconds) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  for (const char* event : {"start", "ok", "begin j:5"}) script.Tell(event);
  std::string said;
  for (int i = 0; i < times; ++i) {
    said = script.Tell("fenced");
    script.Tell(absl::StrCat("later ", seconds));
  }
  return said;
}

TEST(EpochSenderFencedTest, SomebodyWhoTakesTheIdAgainAndAgainIsAnotherJob) {
  EXPECT_THAT(Fence(EpochSender::kMostFenced, 1),
              testing::HasSubstr("init after"));
  EXPECT_EQ(Fence(EpochSender::kMostFenced + 1, 1), "fail SNK-0305");
}

TEST(EpochSenderFencedTest, SomebodyWhoTakesItNowAndThenIsNot) {
  EXPECT_THAT(Fence(3 * EpochSender::kMostFenced, 60),
              testing::HasSubstr("init after"));
}

TEST(EpochSenderStartTest, AsksUntilABrokerAnswers) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  EXPECT_EQ(script.Tell("start"), "open 1 own, 1 describe");
  EXPECT_EQ(script.Tell("retriable"), "1 describe after 50ms");
  EXPECT_EQ(script.Tell("begin j:5"), "") << "the topics come first";
  script.Tell("later 9");
  EXPECT_EQ(script.Tell("retriable"), "1 describe after 100ms");
  EXPECT_EQ(script.Tell("ok"), "1 init");
}

TEST(EpochSenderStartTest, GivesUpWhereNoBrokerEverAnswered) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  script.Tell("start");
  script.Tell("later 11");
  EXPECT_EQ(script.Tell("retriable"), "fail SNK-0302");
}

TEST(EpochSenderStartTest, PutsNoMoreTogetherThanTheTopicTakes) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  EXPECT_EQ(script.Tell("start"), "open 1 own, 1 describe");
  EXPECT_EQ(script.Tell("ok-takes-1000"), "close 1");
  EXPECT_EQ(script.Tell("begin j:5"), "open 2 own in batches of 1000, 2 init");
}

TEST(EpochSenderStartTest, TellsWhoeverStartsTheJobWhatKafkaRefuses) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  script.Tell("start");
  EXPECT_EQ(script.Tell("refused"), "fail SNK-0308");
}

TEST(EpochSenderStartTest, IsParkedWithOutputOfACheckpoint) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  script.Tell("start");
  script.Tell("begin j:5");
  EXPECT_EQ(script.Tell("refused"),
            "close 1, open 2 own, 2 describe after 1s, warn");
  EXPECT_FALSE(script.sender().parked().ok());
  EXPECT_EQ(script.Tell("ok"), "2 init");
  script.Tell("ok");
  script.Tell("ok");
  EXPECT_EQ(script.Tell("has j:5:0@9"), "done");
  EXPECT_TRUE(script.sender().parked().ok());
}

// Whether it is parked when all that waited was settled by the last event.
bool IsParkedAfter(OnMarkerLoss on_marker_loss,
                   std::vector<const char*> events) {
  SenderScript script(OwnOptions(on_marker_loss));
  for (const char* event : events) script.Tell(event);
  EXPECT_TRUE(script.sender().is_done());
  return !script.sender().parked().ok();
}

TEST(EpochSenderParkedTest, IsNotWhereNothingWaitsAnyMore) {
  const std::vector<const char*> loss = {"start", "ok", "begin j:5!j:4@9",
                                         "refused", "ok", "ok", "ok", "none"};
  EXPECT_FALSE(IsParkedAfter(OnMarkerLoss::kSkip, loss));
  EXPECT_FALSE(IsParkedAfter(
      OnMarkerLoss::kStop,
      {"start", "ok", "begin j:5=a", "2:refused", "3:ok", "1:refused", "3:ok",
       "3:has j:5:0@9"}))
      << "refused to the own id, which has nothing to send";
}

TEST(EpochSenderStartTest, WaitsLongerWithOutputOfACheckpoint) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  script.Tell("start");
  script.Tell("begin j:5");
  script.Tell("later 599");
  EXPECT_EQ(script.Tell("retriable"), "1 describe after 50ms");
  script.Tell("later 2");
  EXPECT_EQ(script.Tell("retriable"), "fail SNK-0302");
}

TEST(EpochSenderStartTest, HasTheCommitsTopicMade) {
  EpochSender::Options options = OwnOptions(OnMarkerLoss::kStop);
  options.partitions = 9;  // One more than there are.
  SenderScript script(options);
  script.Tell("start");
  EXPECT_EQ(script.Tell("ok"), "1 make after 50ms");
  EXPECT_EQ(script.Tell("ok"), "1 describe");
  EXPECT_EQ(script.Tell("ok"), "1 make after 100ms") << "not there yet";
  EXPECT_EQ(script.Tell("refused"), "fail SNK-0304");
}

TEST(EpochSenderStartTest, KnowsItsNewestMarker) {
  SenderScript script(OwnOptions(OnMarkerLoss::kStop));
  for (const char* event : {"start", "ok", "begin j:5", "ok", "ok"}) {
    script.Tell(event);
  }
  EXPECT_EQ(script.sender().acknowledged(), std::nullopt);
  script.Tell("has i:3:0@4");
  EXPECT_EQ(script.sender().acknowledged()->offset, 4);
  for (const char* event : {"ok", "ok 7"}) script.Tell(event);
  EXPECT_EQ(script.sender().acknowledged()->offset, 4) << "not committed";
  script.Tell("ok");
  EXPECT_EQ(script.sender().acknowledged()->offset, 7);
}

}  // namespace
}  // namespace millrace::kafka
