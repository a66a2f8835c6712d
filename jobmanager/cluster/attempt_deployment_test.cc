#include "jobmanager/cluster/attempt_deployment.h"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using A = AttemptDeployment;
namespace jm = to_job_manager;
namespace tm = to_task_manager;

const AttemptRef kAttempt = {"job", 3};

// A source of two subtasks and its sink, one of each in a process.
SubtaskId Source(int index) { return {VertexId(0), index}; }
SubtaskId Sink(int index) { return {VertexId(1), index}; }
std::string Name(SubtaskId subtask) {
  return absl::StrCat(subtask.vertex.value() == 0 ? "source" : "sink",
                      subtask.index);
}

std::string Words(const tm::Message& message) {
  if (std::holds_alternative<tm::GiveSplits>(message)) return "give";
  if (std::holds_alternative<tm::Trigger>(message)) return "trigger";
  if (std::holds_alternative<tm::DrainSources>(message)) return "drain";
  if (std::holds_alternative<tm::Complete>(message)) return "complete";
  if (std::holds_alternative<tm::Abort>(message)) return "abort";
  return std::holds_alternative<tm::Stop>(message) ? "stop" : "?";
}
std::string Words(const A::Action& action) {
  if (const auto* a = std::get_if<A::SendDeploy>(&action)) {
    return absl::StrCat("deploy>", a->process);
  }
  if (const auto* a = std::get_if<A::Send>(&action)) {
    return absl::StrCat(Words(a->message), ">", a->process);
  }
  if (const auto* a = std::get_if<A::HangUp>(&action)) {
    return absl::StrCat("hang up ", a->process);
  }
  if (const auto* a = std::get_if<A::SayDeployed>(&action)) {
    return a->deployment.ok()
               ? absl::StrCat("up with ", a->deployment->stoppers)
               : "not deployed";
  }
  if (const auto* a = std::get_if<A::SayDrained>(&action)) {
    return "drained " + Name(a->subtask);
  }
  if (const auto* a = std::get_if<A::SayEnded>(&action)) {
    return absl::StrCat(a->status.ok() ? "ended " : "failed ",
                        Name(a->subtask));
  }
  if (std::holds_alternative<A::SayRequested>(action)) return "requested";
  if (std::holds_alternative<A::SayAcknowledged>(action)) return "acknowledged";
  return "stopped";
}

A::Event DeployedBy(int process) {
  return A::Said{process, jm::Deployed{.attempt = kAttempt,
                                       .subtasks = {Source(process),
                                                    Sink(process)},
                                       .roots = {Source(process)}}};
}
A::Event StoppedBy(int process) {
  return A::Said{process, jm::Stopped{kAttempt}};
}
A::Event EndedAt(int process, SubtaskId subtask, absl::Status status = {}) {
  return A::Said{process, jm::Ended{kAttempt, subtask, status}};
}
A::Event DrainedAt(int process, SubtaskId subtask) {
  return A::Said{process, jm::Drained{kAttempt, subtask}};
}
A::Event Lose(int process) {
  return A::Lost{process, absl::UnavailableError("lost")};
}

class AttemptDeploymentTest : public ::testing::Test {
 protected:
  AttemptDeploymentTest() { Begin(); }
  void Begin() {
    deployment_.emplace(A::Options{.attempt = kAttempt,
                                   .process_of_slot = {0, 1},
                                   .names = {"a", "b"}});
  }
  std::string On(A::Event event, double second = 0) {
    last_ = deployment_->Step(std::move(event), absl::Seconds(second));
    std::vector<std::string> words;
    for (const A::Action& action : last_) words.push_back(Words(action));
    return absl::StrJoin(words, ", ");
  }
  void BringUp() {
    EXPECT_EQ(On(A::Begin{}), "deploy>0, deploy>1");
    EXPECT_EQ(On(DeployedBy(1)), "");
    EXPECT_EQ(On(DeployedBy(0)), "up with 2");
  }
  void BeginWithin(double seconds) {
    deployment_.emplace(A::Options{.attempt = kAttempt,
                                   .process_of_slot = {0, 1},
                                   .names = {"a", "b"},
                                   .deploy_limit = absl::Seconds(seconds)});
    EXPECT_EQ(On(A::Begin{}), "deploy>0, deploy>1");
  }
  std::string Failure() const {
    for (const A::Action& action : last_) {
      const auto* said = std::get_if<A::SayDeployed>(&action);
      if (said != nullptr) {
        return std::string(said->deployment.status().message());
      }
    }
    return "";
  }

  std::optional<A> deployment_;
  std::vector<A::Action> last_;
};

// The others are stopped, it is told to stop when it can, and nothing waits.
TEST_F(AttemptDeploymentTest, AProcessThatNeverBuildsIsWaitedForSoLong) {
  BeginWithin(60);
  EXPECT_EQ(On(DeployedBy(1), 1), "");
  EXPECT_EQ(deployment_->WakeAt(), absl::Seconds(60));
  EXPECT_EQ(On(A::Tick{}, 59), "");
  EXPECT_EQ(On(A::Tick{}, 60), "stop>0, stop>1");
  EXPECT_EQ(On(DeployedBy(0), 61), "");
  EXPECT_EQ(On(StoppedBy(1), 61), "not deployed");
  EXPECT_TRUE(absl::StartsWith(
      Failure(), "JOB-0141: the job was not deployed within 1m, at "
                 "TaskManager 'a': "))
      << Failure();
  EXPECT_TRUE(deployment_->is_over());
  // Nobody builds, and all have built in time.
  BeginWithin(60);
  EXPECT_EQ(On(A::Tick{}, 60), "stop>0, stop>1, not deployed");
  BeginWithin(60);
  On(DeployedBy(1), 1);
  EXPECT_EQ(On(DeployedBy(0), 59), "up with 2");
  EXPECT_EQ(On(A::Tick{}, 60), "");
}

TEST_F(AttemptDeploymentTest, AProcessThatNeverBuildsHoldsUpNoCancel) {
  BeginWithin(60);
  EXPECT_EQ(On(A::GiveUp{absl::CancelledError("cancelled")}, 5),
            "stop>0, stop>1");
  EXPECT_EQ(deployment_->WakeAt(), absl::Seconds(60));
  EXPECT_EQ(On(A::Tick{}, 60), "stop>0, stop>1, not deployed");
  EXPECT_EQ(Failure(), "cancelled");
}

TEST_F(AttemptDeploymentTest, PassesOnWhatBothSidesSay) {
  BringUp();
  EXPECT_EQ(On(A::Said{1, jm::SplitsRequested{kAttempt, VertexId(0), 1}}),
            "requested");
  EXPECT_EQ(On(JobExecution::GiveSplits{.source = VertexId(0), .subtask = 1}),
            "give>1");
  EXPECT_EQ(On(tm::Trigger{kAttempt, CheckpointId(1)}),
            "trigger>0, trigger>1");
  EXPECT_EQ(On(A::Said{0, jm::Acknowledged{
                              kAttempt,
                              {CheckpointId(1), Source(0),
                               std::vector<OperatorSnapshot>()}}}),
            "acknowledged");
  EXPECT_EQ(On(tm::Abort{kAttempt, CheckpointId(1)}), "abort>0, abort>1");
  EXPECT_EQ(On(DrainedAt(0, Sink(0))), "drained sink0");
  EXPECT_EQ(On(tm::Complete{kAttempt, CheckpointId(2), true}),
            "complete>0, complete>1");
  EXPECT_EQ(On(EndedAt(0, Source(0))), "ended source0");
  EXPECT_EQ(On(A::Stop{}), "stop>0, stop>1");
  EXPECT_EQ(On(StoppedBy(0)), "stopped");
  EXPECT_FALSE(deployment_->is_over());
  EXPECT_EQ(On(StoppedBy(1)), "stopped");
  EXPECT_TRUE(deployment_->is_over());
}

TEST_F(AttemptDeploymentTest, AllHearOfBarriersAndDrains) {
  On(A::Begin{});
  On(A::Said{0, jm::Deployed{.attempt = kAttempt,
                             .subtasks = {Source(0), Sink(0)},
                             .roots = {Source(0)}}});
  On(A::Said{1, jm::Deployed{.attempt = kAttempt, .subtasks = {Sink(1)}}});
  EXPECT_EQ(On(tm::Trigger{kAttempt, CheckpointId(1)}),
            "trigger>0, trigger>1");
  EXPECT_EQ(On(tm::DrainSources{kAttempt}), "drain>0, drain>1");
}

TEST_F(AttemptDeploymentTest, WhatIsSaidTooEarlyIsSaidWhenAllIsUp) {
  On(A::Begin{});
  On(DeployedBy(0));
  EXPECT_EQ(On(A::Said{0, jm::SplitsRequested{kAttempt, VertexId(0), 0}}), "");
  EXPECT_EQ(On(EndedAt(0, Sink(0), absl::UnavailableError("no peer"))), "");
  EXPECT_EQ(On(DeployedBy(1)), "up with 2, requested, failed sink0");
}

TEST_F(AttemptDeploymentTest, OneThatRefusesStopsTheOthers) {
  On(A::Begin{});
  On(DeployedBy(0));
  EXPECT_EQ(On(A::Said{1, jm::Deployed{.attempt = kAttempt,
                                       .status = absl::InvalidArgumentError(
                                           "no such connector")}}),
            "stop>0");
  EXPECT_EQ(On(StoppedBy(0)), "not deployed");
  EXPECT_EQ(Failure(), "TaskManager 'b': no such connector");
  EXPECT_TRUE(deployment_->is_over());
}

TEST_F(AttemptDeploymentTest, OneThatIsSlowToDeployIsWaitedForBeforeItIsSaid) {
  On(A::Begin{});
  EXPECT_EQ(On(Lose(1)), "stop>0");
  EXPECT_EQ(On(DeployedBy(0)), "");
  EXPECT_EQ(On(StoppedBy(0)), "not deployed");
  EXPECT_EQ(Failure(), "lost");
}

TEST_F(AttemptDeploymentTest, BothRefuse) {
  On(A::Begin{});
  const auto refuses = [](int process) {
    return A::Said{process, jm::Deployed{.attempt = kAttempt,
                                         .status = absl::InternalError("x")}};
  };
  EXPECT_EQ(On(refuses(0)), "stop>1");
  EXPECT_EQ(On(refuses(1)), "not deployed");
  EXPECT_EQ(On(StoppedBy(1)), "");
}

TEST_F(AttemptDeploymentTest, TheSubtasksOfALostOneHaveFailed) {
  BringUp();
  On(EndedAt(1, Source(1)));
  EXPECT_EQ(On(Lose(1)), "failed sink1");
  EXPECT_EQ(On(Lose(1)), "");
  EXPECT_EQ(On(tm::Trigger{kAttempt, CheckpointId(1)}), "trigger>0");
  EXPECT_EQ(On(A::Stop{}), "stopped, stop>0");
  EXPECT_EQ(On(Lose(0)), "stopped");
  EXPECT_TRUE(deployment_->is_over());
}

TEST_F(AttemptDeploymentTest, OneThatStopsByItselfHasFailedToo) {
  BringUp();
  EXPECT_EQ(On(StoppedBy(1)), "failed source1, failed sink1");
  EXPECT_EQ(On(A::Stop{}), "stopped, stop>0");
}

TEST_F(AttemptDeploymentTest, OneThatDrainsFailsTheAttemptOnce) {
  BringUp();
  EXPECT_EQ(On(A::Draining{1, absl::UnavailableError("ends")}),
            "failed source1");
  EXPECT_EQ(On(A::Stop{}), "stop>0, stop>1");
}

TEST_F(AttemptDeploymentTest, OneThatDoesNotStopIsHungUpOn) {
  BringUp();
  On(A::Stop{}, 10);
  EXPECT_EQ(deployment_->WakeAt(), absl::Seconds(40));
  On(StoppedBy(0), 11);
  EXPECT_EQ(On(A::Tick{}, 39), "");
  EXPECT_EQ(On(A::Tick{}, 40), "hang up 1");
  EXPECT_EQ(deployment_->WakeAt(), absl::InfiniteDuration());
  EXPECT_EQ(On(Lose(1), 40), "stopped");
}

// Reading state takes minutes, and others' jobs run in that process too.
TEST_F(AttemptDeploymentTest, WhatStillReadsItsStateIsNotHungUpOn) {
  On(A::Begin{});
  On(DeployedBy(0), 5);
  EXPECT_EQ(On(A::GiveUp{absl::CancelledError("cancelled")}, 10),
            "stop>0, stop>1");
  EXPECT_EQ(On(StoppedBy(0), 11), "");
  EXPECT_EQ(deployment_->WakeAt(), absl::InfiniteDuration());
  EXPECT_EQ(On(A::Tick{}, 300), "");
  // It is built, and only has to stop.
  EXPECT_EQ(On(DeployedBy(1), 400), "");
  EXPECT_EQ(deployment_->WakeAt(), absl::Seconds(430));
  EXPECT_EQ(On(A::Tick{}, 430), "hang up 1");
  EXPECT_EQ(On(Lose(1), 430), "not deployed");
}

TEST_F(AttemptDeploymentTest, WhatNobodyWantsAnyMoreIsNotDeployed) {
  EXPECT_EQ(On(A::GiveUp{absl::CancelledError("cancelled")}), "not deployed");
  EXPECT_EQ(On(A::Begin{}), "");
  Begin();
  On(A::Begin{});
  EXPECT_EQ(On(A::GiveUp{absl::CancelledError("cancelled")}),
            "stop>0, stop>1");
  On(StoppedBy(0));
  EXPECT_EQ(On(StoppedBy(1)), "not deployed");
  Begin();
  BringUp();
  EXPECT_EQ(On(A::GiveUp{absl::CancelledError("cancelled")}), "");
}

TEST_F(AttemptDeploymentTest, OfWhatIsNotItsOwnNobodySaysAnything) {
  BringUp();
  EXPECT_EQ(On(EndedAt(0, Sink(1))), "");
  EXPECT_EQ(On(DrainedAt(1, Sink(0))), "");
  EXPECT_EQ(On(A::Said{0, jm::SplitsRequested{kAttempt, VertexId(0), 1}}), "");
}

// Two processes and a master that go through a whole attempt, a message at a
// time: after `lost_after` of them process `loses` is lost; every message of
// a process comes `times` times.
class Attempt {
 public:
  Attempt(int lost_after, int loses, int times)
      : lost_after_(lost_after), loses_(loses), times_(times) {
    Do(deployment_.Step(A::Begin{}, {}));
    while (!queue_.empty() && !HasEnded()) {
      if (steps_++ == lost_after_) {
        gone_ = true;
        Do(deployment_.Step(Lose(loses_), {}));
      }
      if (queue_.empty()) break;
      const auto [process, message] = queue_.front();
      queue_.pop_front();
      if (gone_ && process == loses_) continue;
      for (int i = 0; i < times_; ++i) {
        Do(deployment_.Step(A::Said{process, message}, {}));
      }
    }
  }

  bool HasEnded() const {
    return ended_ == 4 || deployment_.is_over();
  }
  std::vector<std::string> faults() const {
    std::vector<std::string> faults;
    if (deployed_ != 1) faults.push_back(absl::StrCat(deployed_, " deployed"));
    if (!HasEnded()) faults.push_back("it never ended");
    if (failed_ && up_ && stopped_ != 2) {
      faults.push_back(absl::StrCat(stopped_, " stopped"));
    }
    if (gone_ && !failed_ && ended_ < 4) faults.push_back("nobody noticed");
    return faults;
  }
  int steps() const { return steps_; }

 private:
  void Do(std::vector<A::Action> actions) {
    for (A::Action& action : actions) {
      if (auto* a = std::get_if<A::SendDeploy>(&action)) {
        const int p = a->process;
        Hears(p, std::get<A::Said>(DeployedBy(p)).message);
        Hears(p, jm::SplitsRequested{kAttempt, VertexId(0), p});
        Hears(p, jm::Drained{kAttempt, Source(p)});
        Hears(p, jm::Drained{kAttempt, Sink(p)});
      } else if (auto* a = std::get_if<A::Send>(&action)) {
        if (std::holds_alternative<tm::Stop>(a->message)) {
          Hears(a->process, jm::Stopped{kAttempt});
        } else if (std::holds_alternative<tm::Complete>(a->message)) {
          Hears(a->process, jm::Ended{kAttempt, Source(a->process), {}});
          Hears(a->process, jm::Ended{kAttempt, Sink(a->process), {}});
        }
      } else if (auto* a = std::get_if<A::SayDeployed>(&action)) {
        ++deployed_;
        up_ = a->deployment.ok();
        failed_ |= !up_;
      } else if (std::holds_alternative<A::SayDrained>(action)) {
        if (++drained_ == 4) {
          Do(deployment_.Step(tm::Complete{kAttempt, CheckpointId(1), true},
                              {}));
        }
      } else if (auto* a = std::get_if<A::SayEnded>(&action)) {
        ended_ += a->status.ok();
        if (!a->status.ok() && !std::exchange(failed_, true)) {
          Do(deployment_.Step(A::Stop{}, {}));
        }
      } else if (std::holds_alternative<A::SayStopped>(action)) {
        ++stopped_;
      }
    }
  }
  void Hears(int process, jm::Message message) {
    queue_.emplace_back(process, std::move(message));
  }

  const int lost_after_;
  const int loses_;
  const int times_;
  A deployment_{{.attempt = kAttempt,
                 .process_of_slot = {0, 1},
                 .names = {"a", "b"}}};
  std::deque<std::pair<int, jm::Message>> queue_;
  int steps_ = 0;
  bool gone_ = false;
  bool up_ = false;
  bool failed_ = false;
  int deployed_ = 0;
  int drained_ = 0;
  int ended_ = 0;
  int stopped_ = 0;
};

TEST(AttemptDeploymentLossTest, EndsWellWhereverOneIsLost) {
  const int messages = Attempt(/*lost_after=*/1000, 0, 1).steps();
  ASSERT_GT(messages, 10);
  for (int lost_after = 0; lost_after <= messages; ++lost_after) {
    for (int loses = 0; loses < 2; ++loses) {
      for (int times = 1; times <= 2; ++times) {
        EXPECT_TRUE(Attempt(lost_after, loses, times).faults().empty())
            << "lost after " << lost_after << ": process " << loses << ", "
            << times << " times: "
            << absl::StrJoin(Attempt(lost_after, loses, times).faults(), ", ");
      }
    }
  }
}

}  // namespace
}  // namespace millrace
