#include "jobmanager/job_execution.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "runtime/connector/fixed_split_enumerator.h"

namespace millrace {
namespace {

using Event = JobExecution::Event;

// What a step decided: "deploy", "stop", "discover 0 after 5s",
// "give 0[1] a b" with "." behind it when no more splits come, "hold" when the
// watermark is held.
std::string Text(const JobExecution::Action& action) {
  if (std::holds_alternative<JobExecution::Deploy>(action)) return "deploy";
  if (std::holds_alternative<JobExecution::StopSubtasks>(action)) return "stop";
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

Event Found(std::vector<std::string> ids) {
  std::vector<Split> splits;
  for (std::string& id : ids) splits.push_back({std::move(id), ""});
  return JobExecution::Discovered{VertexId(0), std::move(splits)};
}
Event NotFound(absl::Status status) {
  return JobExecution::Discovered{VertexId(0), std::move(status)};
}
Event Deployed(int subtasks, int stoppers = 1) {
  return JobExecution::Deployed{absl::OkStatus(), subtasks, stoppers};
}
Event Ended(absl::Status status = absl::OkStatus()) {
  return JobExecution::SubtaskEnded{std::move(status)};
}
Event Requested(int subtask) {
  return JobExecution::SplitsRequested{VertexId(0), subtask};
}

// Gives one split a request, and looks for more every minute. Holds the
// watermark while a split called "old" waits.
class OneAtATime final : public SplitEnumerator {
 public:
  Actions OnDiscovered(std::vector<Split> splits) override {
    for (Split& split : splits) waiting_.push_back(std::move(split));
    return {.hold_watermark = Holds(), .discover_after = absl::Minutes(1)};
  }
  Actions OnRequest(int subtask) override {
    if (waiting_.empty()) return {};
    Actions actions{.assign = {{subtask, waiting_.front()}}};
    waiting_.erase(waiting_.begin());
    actions.hold_watermark = Holds();
    return actions;
  }
  Actions OnReturned(std::vector<Split>) override { return {}; }
  std::string Snapshot() const override { return ""; }
  absl::Status Restore(absl::string_view) override { return {}; }

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
};

struct Scenario {
  std::string name;
  std::vector<Line> lines;
  std::string first_failure;
  bool one_at_a_time = false;
};

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

class JobExecutionTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(JobExecutionTest, Scenario) {
  absl::btree_map<VertexId, JobExecution::Source> sources;
  if (GetParam().one_at_a_time) {
    sources[VertexId(0)] = {std::make_unique<OneAtATime>(), 2};
  } else {
    sources[VertexId(0)] = {std::make_unique<FixedSplitEnumerator>(2), 2};
  }
  JobExecution execution(std::move(sources));
  int step = 0;
  for (const Line& line : GetParam().lines) {
    const auto actions = execution.Step(line.event);
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

const Line kStart = {JobExecution::Start{}, "deploy", JobState::kRunning};
const Line kDeployed = {Deployed(2), "discover 0 after 0", JobState::kRunning};
const absl::Status kBroken = absl::InternalError("broken");

const Scenario kScenarios[] = {
    {"RunsToItsEnd",
     {kStart,
      kDeployed,
      {Found({"a", "b", "c"}), "give 0[0] a c.; give 0[1] b.",
       JobState::kRunning},
      {Ended(), "", JobState::kRunning},
      {Ended(), "", JobState::kFinished},
      {Ended(kBroken), "", JobState::kFinished}},
     ""},
    {"TellsReadersWithoutASplitThatNoneComes",
     {kStart,
      kDeployed,
      {Found({"a"}), "give 0[0] a.; give 0[1].", JobState::kRunning},
      {Requested(1), "", JobState::kRunning}},
     ""},
    {"RequestsWaitForTheFirstDiscovery",
     {kStart,
      kDeployed,
      {Requested(1), "", JobState::kRunning},
      {Found({"a", "b"}), "discover 0 after 1m; give 0[1] a",
       JobState::kRunning},
      {Requested(0), "give 0[0] b", JobState::kRunning},
      {Requested(0), "", JobState::kRunning}},
     "",
     true},
    {"EveryReaderIsToldThatTheWatermarkIsHeldAndWhenNoMore",
     {kStart,
      kDeployed,
      {Found({"a", "old", "b"}),
       "give 0[0] hold; give 0[1] hold; discover 0 after 1m",
       JobState::kRunning},
      {Requested(1), "give 0[1] a hold", JobState::kRunning},
      {Requested(0), "give 0[0] old; give 0[1]", JobState::kRunning},
      {Requested(1), "give 0[1] b", JobState::kRunning}},
     "",
     true},
    {"TheFirstFailureIsKept",
     {kStart,
      kDeployed,
      {Ended(absl::DataLossError("first")), "stop", JobState::kFailing},
      {Ended(absl::DataLossError("second")), "", JobState::kFailing},
      {JobExecution::CancelAsked{}, "", JobState::kFailing},
      {JobExecution::Stopped{}, "", JobState::kFailed}},
     "first"},
    {"IsCanceledWhenEverySlotHasStopped",
     {kStart,
      {Deployed(2, 2), "discover 0 after 0", JobState::kRunning},
      {JobExecution::CancelAsked{}, "stop", JobState::kCancelling},
      {JobExecution::CancelAsked{}, "", JobState::kCancelling},
      {Ended(kBroken), "", JobState::kCancelling},
      {JobExecution::Stopped{}, "", JobState::kCancelling},
      {JobExecution::Stopped{}, "", JobState::kCanceled}},
     ""},
    {"IsCanceledBeforeItStarts",
     {{JobExecution::CancelAsked{}, "", JobState::kCanceled},
      {JobExecution::Start{}, "", JobState::kCanceled}},
     ""},
    {"ACancelDuringDeploymentStopsWhatWasDeployed",
     {kStart,
      {JobExecution::CancelAsked{}, "", JobState::kCancelling},
      {Deployed(2), "stop", JobState::kCancelling},
      {JobExecution::Stopped{}, "", JobState::kCanceled}},
     ""},
    {"AFailedDeploymentFailsTheJob",
     {kStart,
      {JobExecution::Deployed{kBroken}, "", JobState::kFailed}},
     "broken"},
    {"AFailedFirstDiscoveryFailsTheJob",
     {kStart,
      kDeployed,
      {NotFound(absl::UnavailableError("no broker")), "stop",
       JobState::kFailing},
      {JobExecution::Stopped{}, "", JobState::kFailed}},
     "no broker"},
    {"ALaterDiscoveryIsTriedAgain",
     {kStart,
      kDeployed,
      {Found({"a"}), "discover 0 after 1m", JobState::kRunning},
      {NotFound(absl::UnavailableError("no broker")), "discover 0 after 5s",
       JobState::kRunning},
      {NotFound(absl::NotFoundError("topic gone")), "stop",
       JobState::kFailing}},
     "topic gone",
     true},
};

INSTANTIATE_TEST_SUITE_P(
    Table, JobExecutionTest, ::testing::ValuesIn(kScenarios),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace
