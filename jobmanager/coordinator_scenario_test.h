#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "jobmanager/checkpoint_coordinator.h"

// A small language for tables of what a CheckpointCoordinator is told and what
// it then wants: a job "job" of two subtasks, 0[0] and 1[0], whose attempts are
// numbered from 1.
namespace millrace::scenario {

using checkpoint::Action;
using checkpoint::Event;

// The name of a file that the attempt uploaded for the checkpoint.
inline std::string File(int64_t attempt, int64_t checkpoint,
                        absl::string_view which) {
  return absl::StrCat("job/shared/", attempt, "-", checkpoint, "-", which);
}

inline std::vector<OperatorSnapshot> Snapshots(
    std::string uid, const std::vector<std::string>& files) {
  OperatorSnapshot snapshot = {.uid = std::move(uid)};
  for (const std::string& name : files) {
    snapshot.parts.push_back(
        {.files = {{.blob = {.file = FileRef{.name = name,
                                             .size_bytes = 100}}}}});
  }
  snapshot.lists = {{.name = "list", .items = {"0123456789"}}};
  return {snapshot};
}

inline std::shared_ptr<const Manifest> ManifestOf(
    int64_t checkpoint, const std::vector<std::string>& files,
    std::string job = "job", bool is_savepoint = false) {
  Manifest manifest = {.job_id = std::move(job),
                       .checkpoint = CheckpointId(checkpoint),
                       .is_savepoint = is_savepoint,
                       .operators = Snapshots("0", files)};
  return std::make_shared<const Manifest>(std::move(manifest));
}

inline Event Began(int64_t attempt = 1,
                   std::shared_ptr<const Manifest> restored = nullptr,
                   std::vector<Manifest> older = {}) {
  return checkpoint::AttemptStarted{
      attempt, {{VertexId(0), 0}, {VertexId(1), 0}}, std::move(restored),
      std::move(older)};
}
inline Event Over() { return checkpoint::AttemptEnded{}; }
inline Event Tick() { return checkpoint::Tick{}; }
inline Event JobIs(JobState state) { return checkpoint::JobEnded{state}; }
inline Event Asked(int64_t request) {
  return checkpoint::Asked{request, false};
}
inline Event AskedSavepoint(int64_t request) {
  return checkpoint::Asked{request, true};
}
inline Event Id(int64_t checkpoint) {
  return checkpoint::IdReserved{.id = CheckpointId(checkpoint)};
}
inline Event NoId(absl::Status status) {
  return checkpoint::IdReserved{.id = std::move(status)};
}
inline Event Unsent(int64_t checkpoint) {
  return checkpoint::TriggerFailed{CheckpointId(checkpoint),
                                   absl::UnavailableError("no line")};
}
inline Event Ack(int vertex, int64_t checkpoint,
                 const std::vector<std::string>& files = {},
                 int64_t attempt = 1) {
  return checkpoint::Acknowledged{
      attempt,
      {CheckpointId(checkpoint), {VertexId(vertex), 0},
       Snapshots(absl::StrCat(vertex), files)}};
}
inline Event Declined(int vertex, int64_t checkpoint, absl::Status status,
                      int64_t attempt = 1) {
  return checkpoint::Acknowledged{
      attempt,
      {CheckpointId(checkpoint), {VertexId(vertex), 0}, std::move(status)}};
}
inline Event Drained(int vertex, int64_t attempt = 1) {
  return checkpoint::Drained{attempt, {VertexId(vertex), 0}};
}
inline Event Written(absl::Status status = absl::OkStatus()) {
  return checkpoint::ManifestWritten{std::move(status)};
}
inline Event Swapped(absl::Status status = absl::OkStatus()) {
  return checkpoint::PointerSwapped{std::move(status)};
}
inline Event Forgotten(absl::Status status = absl::OkStatus()) {
  return checkpoint::JobForgotten{std::move(status)};
}

inline std::string Names(std::vector<std::string> names) {
  for (std::string& name : names) {
    name = absl::StrReplaceAll(
        name,
        {{"job/shared/", ""}, {"job/chk-", "chk-"}, {"/manifest", ""}});
  }
  std::sort(names.begin(), names.end());
  return absl::StrJoin(names, " ");
}

// "reserve", "trigger 1", "abort 1", "write 1", "swap 1", "complete 1 final",
// "delete 1-1-a chk-1", "forget ...", "fail: why", "answer 5: 1",
// "answer 5: why", "settled". Reports are left out.
struct TextOf {
  using S = std::string;
  S operator()(const checkpoint::ReserveId&) { return "reserve"; }
  S operator()(const checkpoint::Trigger& a) {
    return absl::StrCat("trigger ", a.checkpoint.value());
  }
  S operator()(const checkpoint::Abort& a) {
    return absl::StrCat("abort ", a.checkpoint.value());
  }
  S operator()(const checkpoint::WriteManifest& a) {
    return absl::StrCat("write ", a.manifest->checkpoint.value());
  }
  S operator()(const checkpoint::SwapPointer& a) {
    return absl::StrCat("swap ", a.checkpoint.value());
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
};

inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

inline void Play(const Scenario& scenario) {
  CheckpointCoordinator coordinator({.config = scenario.config,
                                     .job_id = "job",
                                     .has_store = scenario.has_store});
  absl::Duration now;
  int number = 0;
  for (const Line& line : scenario.lines) {
    now += line.after;
    EXPECT_EQ(Text(coordinator.Step(line.event, now)), line.actions)
        << "line " << number;
    ++number;
  }
}

}  // namespace millrace::scenario
