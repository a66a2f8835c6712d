#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "jobmanager/checkpoint_coordinator.h"
#include "jobmanager/coordinator_events_test.h"

// A small language for tables of what a CheckpointCoordinator is told and what
// it then wants.
namespace millrace::scenario {

inline std::string Names(std::vector<std::string> names) {
  for (std::string& name : names) {
    name = absl::StrReplaceAll(
        name,
        {{"job/shared/", ""}, {"job/chk-", "chk-"}, {"/manifest", ""}});
  }
  std::sort(names.begin(), names.end());
  return absl::StrJoin(names, " ");
}

// "reserve", "trigger 1", "trigger 1 last", "drain", "abort 1", "write 1",
// "swap 1 last", "complete 1 final", "delete 1-1-a chk-1", "forget ...",
// "fail: why", "answer 5: 1", "answer 5: why", "settled". Reports are left out.
struct TextOf {
  using S = std::string;
  S operator()(const checkpoint::ReserveId&) { return "reserve"; }
  S operator()(const checkpoint::Trigger& a) {
    return absl::StrCat("trigger ", a.checkpoint.value(),
                        a.stop ? " last" : "");
  }
  S operator()(const checkpoint::DrainSources&) { return "drain"; }
  S operator()(const checkpoint::Abort& a) {
    return absl::StrCat("abort ", a.checkpoint.value());
  }
  S operator()(const checkpoint::WriteManifest& a) {
    return absl::StrCat("write ", a.manifest->checkpoint.value());
  }
  S operator()(const checkpoint::SwapPointer& a) {
    return absl::StrCat("swap ", a.checkpoint.value(),
                        a.ends_job ? " last" : "");
  }
  S operator()(const checkpoint::Complete& a) {
    return absl::StrCat("complete ", a.checkpoint.value(),
                        a.final ? " final" : "");
  }
  S operator()(const checkpoint::Delete& a) {
    return "delete " + Names(a.names);
  }
  S operator()(const checkpoint::ForgetJob& a) {
    return "forget " + Names(a.names);
  }
  S operator()(const checkpoint::FailAttempt& a) {
    return absl::StrCat("fail: ", a.cause.message());
  }
  S operator()(const checkpoint::Answer& a) {
    return absl::StrCat("answer ", a.request, ": ",
                        a.outcome.ok()
                            ? absl::StrCat(a.outcome->value())
                            : std::string(a.outcome.status().message()));
  }
  S operator()(const checkpoint::Settled&) { return "settled"; }
  S operator()(const CheckpointReport&) { return ""; }
};

inline std::string Text(const std::vector<Action>& actions) {
  std::vector<std::string> texts;
  for (const Action& action : actions) {
    std::string text = std::visit(TextOf(), action);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return absl::StrJoin(texts, "; ");
}

struct Line {
  Event event;
  std::string actions;
  absl::Duration after = absl::ZeroDuration();  // Since the line before.
};

struct Scenario {
  std::string name;
  std::vector<Line> lines;
  CheckpointConfig config = {.retained = 1};
  bool has_store = true;
  // Whether the store was looked through before, and was empty.
  bool surveyed = true;
};

inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

inline void Play(const Scenario& scenario) {
  CheckpointCoordinator coordinator({.config = scenario.config,
                                     .job_id = "job",
                                     .has_store = scenario.has_store});
  absl::Duration now;
  if (scenario.surveyed) coordinator.Step(Listed({}, 0), now);
  int number = 0;
  for (const Line& line : scenario.lines) {
    now += line.after;
    EXPECT_EQ(Text(coordinator.Step(line.event, now)), line.actions)
        << "line " << number;
    ++number;
  }
}

}  // namespace millrace::scenario
