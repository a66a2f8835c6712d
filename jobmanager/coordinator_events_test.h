#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "jobmanager/checkpoint_steps.h"
#include "runtime/base/error.h"
#include "state/storage/pending_output.h"

// What a CheckpointCoordinator is told, for tables: of a job "job" of two
// subtasks, 0[0] and 1[0], whose attempts are numbered from 1.
namespace millrace::scenario {

using checkpoint::Action;
using checkpoint::Event;

// The name of a file that the attempt uploaded for the checkpoint.
inline std::string File(int64_t attempt, int64_t checkpoint,
                        absl::string_view which) {
  return absl::StrCat("job/shared/", attempt, "-", checkpoint, "-", which);
}

// The name of a file of output that a sink sealed in the first attempt.
inline std::string Output(int64_t number) {
  return OutputFileName("job", 1, "sink", 0, number);
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
    bool is_savepoint = false) {
  Manifest manifest = {.job_id = "job",
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
// From a savepoint.
inline Event Borrowed(int64_t attempt,
                      std::shared_ptr<const Manifest> restored) {
  return checkpoint::AttemptStarted{
      .attempt = attempt,
      .subtasks = {{VertexId(0), 0}, {VertexId(1), 0}},
      .restored = std::move(restored),
      .is_borrowed = true};
}
// From what the job was to end with, as its record says.
inline Event BeganWithTheEnd(int64_t attempt,
                             std::shared_ptr<const Manifest> restored) {
  return checkpoint::AttemptStarted{
      .attempt = attempt,
      .subtasks = {{VertexId(0), 0}, {VertexId(1), 0}},
      .restored = std::move(restored),
      .ends_job = true};
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
inline Event AskedStop(int64_t request, bool drain = false) {
  return checkpoint::StopAsked{request, drain};
}
inline Event NoDrain(absl::Status why) {
  return checkpoint::DrainRefused{std::move(why)};
}
inline Event Released(int64_t checkpoint, bool lost = false) {
  return checkpoint::SavepointReleased{CheckpointId(checkpoint), lost};
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
// Its sink waits for another system.
inline Event HeldUp(int vertex, int64_t checkpoint) {
  return Declined(vertex, checkpoint,
                  MakeError(absl::StatusCode::kUnavailable,
                            {.code = "SNK-0311", .what = "full"}));
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
inline Event Listed(std::vector<std::string> names, int64_t next,
                    std::vector<Manifest> savepoints = {}) {
  return checkpoint::Listed{std::move(names), std::move(savepoints),
                            CheckpointId(next)};
}
inline Event Forgotten(absl::Status status = absl::OkStatus()) {
  return checkpoint::JobForgotten{std::move(status)};
}

}  // namespace millrace::scenario
