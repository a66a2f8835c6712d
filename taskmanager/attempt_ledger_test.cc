#include "taskmanager/attempt_ledger.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using to_job_manager::Acknowledged;
using to_job_manager::Deployed;
using to_job_manager::Drained;
using to_job_manager::Ended;
using to_job_manager::FinishLine;
using to_task_manager::Alive;
using to_task_manager::Complete;
using to_task_manager::Deploy;
using to_task_manager::Refused;
using to_task_manager::Registered;
using to_task_manager::Stop;
using to_task_manager::Trigger;

const SubtaskId kOne = {VertexId(1), 0};
const SubtaskId kTwo = {VertexId(2), 0};
const absl::Status kLost = absl::UnavailableError("lost");

std::string Text(const AttemptRef& attempt) {
  return absl::StrCat(attempt.job_id, attempt.attempt);
}
std::string Text(const absl::Status& status) {
  return status.ok() ? "ok" : absl::StatusCodeToString(status.code());
}

// What is sent, in a word or two.
struct TextOfMessage {
  std::string operator()(const to_job_manager::Register&) { return "register"; }
  std::string operator()(const Deployed& message) {
    return absl::StrCat("deployed ", Text(message.attempt), " ",
                        Text(message.status));
  }
  std::string operator()(const Ended& message) {
    return absl::StrCat("ended ", Text(message.attempt), " ",
                        Text(message.status));
  }
  std::string operator()(const to_job_manager::Stopped& message) {
    return absl::StrCat("stopped ", Text(message.attempt));
  }
  std::string operator()(const to_job_manager::Draining&) { return "draining"; }
  std::string operator()(const to_job_manager::Heartbeat&) { return "?"; }
  template <typename Message>
  std::string operator()(const Message& message) {
    return absl::StrCat("said ", Text(message.attempt));
  }
};

struct TextOfAction {
  std::string operator()(const ledger::Dial& dial) {
    return absl::StrCat("dial ", dial.link);
  }
  std::string operator()(const ledger::HangUp&) { return "hang up"; }
  std::string operator()(const ledger::Send& send) {
    return std::visit(TextOfMessage(), send.message);
  }
  std::string operator()(const ledger::SendHeartbeat&) { return "heartbeat"; }
  std::string operator()(const ledger::Build& build) {
    return absl::StrCat("build ", Text(build.deploy.attempt));
  }
  std::string operator()(const ledger::Tell& tell) {
    return absl::StrCat(
        "tell ", std::visit([](const auto& c) { return Text(c.attempt); },
                            tell.command));
  }
  std::string operator()(const ledger::Halt& halt) {
    return absl::StrCat("halt ", Text(halt.attempt));
  }
  std::string operator()(const ledger::Release& release) {
    return absl::StrCat("release ", Text(release.attempt));
  }
  std::string operator()(const ledger::Say&) { return "say"; }
  std::string operator()(const ledger::Exit& exit) {
    return absl::StrCat("exit ", Text(exit.status));
  }
};

AttemptRef Ref(const char* job, int64_t attempt) { return {job, attempt}; }

ledger::Event From(int64_t link, to_task_manager::Message message) {
  return ledger::FromJobManager{link, std::move(message)};
}
ledger::Event Leads(int64_t link, int64_t term) {
  return From(link, Registered{term, absl::Seconds(1), absl::Seconds(5)});
}
ledger::Event Deploys(int64_t link, AttemptRef attempt, int slots = 1) {
  Deploy deploy = {.attempt = std::move(attempt)};
  deploy.processes.resize(2);
  deploy.process_of_slot.assign(slots, 1);
  deploy.process_of_slot.push_back(0);
  deploy.self = 1;
  return From(link, std::move(deploy));
}
ledger::Event IsBuilt(AttemptRef attempt, absl::Status status = {}) {
  return ledger::Built{
      {.attempt = std::move(attempt),
       .status = status,
       .subtasks = {kOne, kTwo}}};
}
ledger::Event Says(ledger::Said said) {
  return ledger::FromAttempt{std::move(said)};
}

struct StepAt {
  int64_t ms;
  ledger::Event event;
  const char* actions;
};

void Expect(const std::vector<StepAt>& steps, int64_t fenced = 0,
            int slots = 2) {
  AttemptLedger ledger({.self = {.slots = slots}, .job_manager = "jm:6123"});
  int line = 0;
  for (const StepAt& step : steps) {
    std::vector<std::string> texts;
    for (const auto& action :
         ledger.Step(step.event, absl::Milliseconds(step.ms))) {
      texts.push_back(std::visit(TextOfAction(), action));
    }
    EXPECT_EQ(absl::StrJoin(texts, ", "), step.actions) << "line " << line;
    ++line;
  }
  EXPECT_EQ(ledger.fenced(), fenced);
}

// Registered, and attempt 1 of job a runs.
std::vector<StepAt> Running(std::vector<StepAt> then) {
  std::vector<StepAt> steps = {
      {0, ledger::Start{}, "dial 1, register"},
      {10, Leads(1, 5), "say"},
      {20, Deploys(1, Ref("a", 1)), "build a1"},
      {30, IsBuilt(Ref("a", 1)), "deployed a1 ok"}};
  steps.insert(steps.end(), then.begin(), then.end());
  return steps;
}

TEST(AttemptLedgerTest, DialsAgainForEverAndSaysSoNowAndThen) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, ledger::LinkEnded{1, kLost}, "say"},
          {99, ledger::Tick{}, ""},
          {100, ledger::Tick{}, "dial 2, register"},
          {100, ledger::LinkEnded{2, kLost}, ""},
          {300, ledger::Tick{}, "dial 3, register"},
          // An answer that does not come.
          {5300, ledger::Tick{}, "hang up"},
          {5300, ledger::LinkEnded{3, kLost}, ""},
          {5700, ledger::Tick{}, "dial 4, register"},
          {5700, ledger::LinkEnded{4, kLost}, ""},
          {6500, ledger::Tick{}, "dial 5, register"},
          {6500, ledger::LinkEnded{5, kLost}, ""},
          {8100, ledger::Tick{}, "dial 6, register"},
          {30000, ledger::LinkEnded{6, kLost}, "say"},
          {31999, ledger::Tick{}, ""},
          {32000, ledger::Tick{}, "dial 7, register"},
          {32000, Leads(7, 1), "say"},
          {32000, ledger::LinkEnded{7, kLost}, "say"},
          // Registered in between: found at once.
          {32100, ledger::Tick{}, "dial 8, register"}});
}

TEST(AttemptLedgerTest, EndsWhereItIsRefusedButNotByAStandby) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, From(1, Refused{absl::UnavailableError("does not lead")}),
           "hang up, say"},
          {100, ledger::Tick{}, "dial 2, register"},
          {100, From(2, Refused{absl::InvalidArgumentError("cluster")}),
           "exit INVALID_ARGUMENT"},
          {200, ledger::Tick{}, ""}});
}

TEST(AttemptLedgerTest, BeatsAndMissesTheJobManager) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, Leads(1, 1), "say"},
          {999, ledger::Tick{}, ""},
          {1000, ledger::Tick{}, "heartbeat"},
          {1001, From(1, Alive{}), ""},
          {2000, ledger::Tick{}, "heartbeat"},
          {6000, ledger::Tick{}, "heartbeat"},
          {6001, ledger::Tick{}, "hang up, say"},
          {6101, ledger::Tick{}, "dial 2, register"}});
}

TEST(AttemptLedgerTest, AnAttemptFromItsDeploymentToItsEnd) {
  Expect(Running(
      {{40, From(1, Trigger{Ref("a", 1), CheckpointId(1)}), "tell a1"},
       {50, Says(Acknowledged{Ref("a", 1), {CheckpointId(1), kOne, kLost}}),
        "said a1"},
       {60, Says(Drained{Ref("a", 1), kOne}), "said a1"},
       {70, From(1, Complete{Ref("a", 1), CheckpointId(1), true}), "tell a1"},
       {80, Says(Ended{Ref("a", 1), kOne, {}}), "ended a1 ok"},
       {80, Says(FinishLine{Ref("a", 1), kTwo, "5 rows"}), "said a1"},
       {90, Says(Ended{Ref("a", 1), kTwo, {}}),
        "heartbeat, ended a1 ok, halt a1"},
       {95, From(1, Stop{Ref("a", 1)}), ""},
       {99, ledger::Halted{Ref("a", 1)}, "stopped a1, release a1"},
       {99, From(1, Stop{Ref("a", 1)}), "stopped a1"},
       {99, ledger::Released{Ref("a", 1)}, ""},
       {99, From(1, Stop{Ref("a", 1)}), "stopped a1"}}));
}

TEST(AttemptLedgerTest, SubtasksMaySpeakBeforeTheAttemptIsKnownToBeBuilt) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, Leads(1, 1), "say"},
          {0, Deploys(1, Ref("a", 1)), "build a1"},
          {1, Says(Drained{Ref("a", 1), kOne}), ""},
          {2, IsBuilt(Ref("a", 1)), "deployed a1 ok, said a1"}});
}

TEST(AttemptLedgerTest, AFailureIsToldAndTheAttemptStoppedWhenAsked) {
  Expect(Running(
      {{40, Says(Ended{Ref("a", 1), kOne, absl::InternalError("x")}),
        "heartbeat, ended a1 INTERNAL"},
       {50, From(1, Stop{Ref("a", 1)}), "halt a1"},
       {60, Says(Ended{Ref("a", 1), kTwo, absl::InternalError("echo")}), ""},
       {70, ledger::Halted{Ref("a", 1)}, "stopped a1, release a1"},
       // The next one waits until the first has given back what it held.
       {80, Deploys(1, Ref("a", 2)), ""},
       {90, ledger::Released{Ref("a", 1)}, "build a2"}}));
}

TEST(AttemptLedgerTest, WhatCannotBeBuiltIsToldAndForgotten) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, Leads(1, 1), "say"},
          {0, Deploys(1, Ref("a", 1)), "build a1"},
          {9, IsBuilt(Ref("a", 1), absl::InvalidArgumentError("x")),
           "deployed a1 INVALID_ARGUMENT, release a1"},
          {9, ledger::Released{Ref("a", 1)}, ""},
          {9, Deploys(1, Ref("a", 2)), "build a2"}});
}

TEST(AttemptLedgerTest, ANewerAttemptEndsTheOlderFirst) {
  Expect(Running({{40, Deploys(1, Ref("a", 2)), "halt a1"},
                  {50, Says(Drained{Ref("a", 1), kOne}), ""},
                  {60, Deploys(1, Ref("a", 3)), ""},
                  {70, ledger::Halted{Ref("a", 1)}, "release a1"},
                  {80, ledger::Released{Ref("a", 1)}, "build a3"},
                  {90, Deploys(1, Ref("a", 2)), ""},
                  {95, IsBuilt(Ref("a", 3)), "deployed a3 ok"}}),
         /*fenced=*/1);
}

TEST(AttemptLedgerTest, StaleMessagesChangeNothingAndAreCounted) {
  Expect(Running({{40, Deploys(1, Ref("a", 1)), ""},
                  {40, Deploys(0, Ref("a", 2)), ""},
                  {40, From(1, Trigger{Ref("a", 2), CheckpointId(1)}), ""},
                  {40, From(1, Trigger{Ref("b", 1), CheckpointId(1)}), ""},
                  {40, From(1, Complete{Ref("a", 0), CheckpointId(1)}), ""},
                  {40, Leads(1, 9), ""},
                  // Of an attempt that never came: nothing of it runs, and the
                  // older one is out of date.
                  {50, From(1, Stop{Ref("a", 3)}), "halt a1, stopped a3"},
                  {50, Deploys(1, Ref("a", 3)), ""},
                  {60, IsBuilt(Ref("a", 1)), ""},
                  {60, ledger::Released{Ref("a", 1)}, ""}}),
         /*fenced=*/7);
}

TEST(AttemptLedgerTest, AStopCancelsWhatIsBuiltOrWaits) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, Leads(1, 1), "say"},
          {0, Deploys(1, Ref("a", 1)), "build a1"},
          {1, From(1, Stop{Ref("a", 1)}), ""},
          {1, Deploys(1, Ref("a", 2)), ""},
          {2, From(1, Stop{Ref("a", 2)}), "stopped a2"},
          // So that whoever waits knows that it does not read state any more.
          {3, IsBuilt(Ref("a", 1)), "deployed a1 ok, halt a1"},
          {4, ledger::Halted{Ref("a", 1)}, "stopped a1, release a1"},
          {5, ledger::Released{Ref("a", 1)}, ""}});
}

TEST(AttemptLedgerTest, WhatIsInTheWayForTooLongIsSaid) {
  Expect(Running({{40, From(1, Stop{Ref("a", 1)}), "halt a1"},
                  {50, ledger::Halted{Ref("a", 1)}, "stopped a1, release a1"},
                  {1000, Deploys(1, Ref("a", 2)), ""},
                  {5000, From(1, Alive{}), ""},
                  {10000, From(1, Alive{}), ""},
                  {15000, From(1, Alive{}), ""},
                  {20000, From(1, Alive{}), ""},
                  {25000, From(1, Alive{}), ""},
                  {30000, From(1, Alive{}), ""},
                  {30999, ledger::Tick{}, "heartbeat"},
                  {31000, ledger::Tick{}, "say, deployed a2 UNAVAILABLE"},
                  {31500, Deploys(1, Ref("a", 3)), ""},
                  {31600, ledger::Released{Ref("a", 1)}, "build a3"}}));
}

TEST(AttemptLedgerTest, SlotsAreNotGivenTwice) {
  Expect(Running(
      {{40, Deploys(1, Ref("b", 1), 2), "deployed b1 RESOURCE_EXHAUSTED"},
       {40, Deploys(1, Ref("b", 2), 1), "build b2"},
       {40, Deploys(1, Ref("c", 1), 1), "deployed c1 RESOURCE_EXHAUSTED"},
       {50, From(1, Stop{Ref("a", 1)}), "halt a1"},
       {60, ledger::Halted{Ref("a", 1)}, "stopped a1, release a1"},
       {60, Deploys(1, Ref("c", 2), 1), "build c2"}}));
}

TEST(AttemptLedgerTest, RunsOnAloneForAMinute) {
  Expect(Running({{1000, ledger::LinkEnded{1, kLost}, "say"},
                  {1100, ledger::Tick{}, "dial 2, register"},
                  {1100, ledger::LinkEnded{2, kLost}, ""},
                  {2000, Says(Drained{Ref("a", 1), kOne}), ""},
                  {31300, ledger::Tick{}, "dial 3, register"},
                  {31300, ledger::LinkEnded{3, kLost}, "say"},
                  {60019, ledger::Tick{}, "dial 4, register"},
                  // A minute after it was last heard of.
                  {60020, ledger::Tick{}, "say, halt a1"},
                  {60021, ledger::Halted{Ref("a", 1)}, "release a1"}}));
}

TEST(AttemptLedgerTest, ANewConversationStopsWhatRan) {
  Expect(Running({{1000, ledger::LinkEnded{1, kLost}, "say"},
                  {1100, ledger::Tick{}, "dial 2, register"},
                  {1200, Leads(2, 6), "say, halt a1"},
                  {1200, From(1, Trigger{Ref("a", 1), CheckpointId(1)}), ""},
                  {1210, Deploys(2, Ref("a", 2)), ""},
                  {1220, ledger::Halted{Ref("a", 1)}, "release a1"},
                  {1230, ledger::Released{Ref("a", 1)}, "build a2"},
                  // A leader of before.
                  {2000, ledger::LinkEnded{2, kLost}, "say"},
                  {2100, ledger::Tick{}, "dial 3, register"},
                  {2110, Leads(3, 5), "hang up"},
                  {2300, ledger::Tick{}, ""},
                  {2310, ledger::Tick{}, "dial 4, register"},
                  // It was built for a conversation that has ended.
                  {2320, IsBuilt(Ref("a", 2)), "halt a2"}}),
         /*fenced=*/2);
}

TEST(AttemptLedgerTest, APeerThatIsLostFailsTheAttempt) {
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {0, Leads(1, 1), "say"},
          {0, Deploys(1, Ref("a", 1)), "build a1"},
          {1, ledger::PeerLost{Ref("a", 1), kLost}, ""},
          {2, IsBuilt(Ref("a", 1)), "deployed a1 ok, ended a1 UNAVAILABLE"},
          {3, ledger::PeerLost{Ref("a", 1), kLost}, "ended a1 UNAVAILABLE"},
          {4, ledger::PeerLost{Ref("a", 0), kLost}, ""}});
}

TEST(AttemptLedgerTest, IsDrainedBeforeItEnds) {
  Expect(Running({{100, ledger::Terminate{}, "draining"},
                  {100, ledger::Terminate{}, ""},
                  {110, Deploys(1, Ref("b", 1)), "deployed b1 UNAVAILABLE"},
                  {120, From(1, Stop{Ref("a", 1)}), "halt a1"},
                  {130, ledger::Halted{Ref("a", 1)}, "stopped a1, release a1"},
                  {140, ledger::Released{Ref("a", 1)}, "exit ok"}}));
  Expect(Running({{100, ledger::Terminate{}, "draining"},
                  {30099, From(1, Alive{}), ""},
                  {30100, ledger::Tick{}, "exit ok"}}));
  Expect({{0, ledger::Start{}, "dial 1, register"},
          {5, ledger::Terminate{}, "exit ok"}});
}

TEST(AttemptLedgerTest, SaysWhenToComeAgain) {
  AttemptLedger ledger({.self = {.slots = 1}});
  ledger.Step(ledger::Start{}, absl::ZeroDuration());
  EXPECT_EQ(ledger.WakeAt(), absl::Seconds(5));
  ledger.Step(Leads(1, 1), absl::Seconds(1));
  EXPECT_TRUE(ledger.is_registered());
  EXPECT_EQ(ledger.WakeAt(), absl::Seconds(2));
  ledger.Step(ledger::LinkEnded{1, kLost}, absl::Seconds(1));
  EXPECT_FALSE(ledger.is_registered());
  EXPECT_EQ(ledger.WakeAt(), absl::Seconds(1) + absl::Milliseconds(100));
}

}  // namespace
}  // namespace millrace
