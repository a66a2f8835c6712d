#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "jobmanager/job_state.h"
#include "state/storage/manifest.h"

namespace millrace {

// A job that was taken and runs until it ends, whoever leads.
struct RegisteredJob {
  std::string job_id;
  int64_t order = 0;  // Of its submission: 1, 2, 3, ...
  std::string name;
  int64_t submitted_ms = 0;  // Wall time.
  FileRef plan;              // As JSON, among the objects of the cluster.
  std::string savepoint;     // The folder of one to begin from; empty: none.
  bool claims_savepoint = false;  // It is the job's then (RestoreMode).
  // Of a claimed one: whose it was and which, "<job id>/<checkpoint>".
  std::string claimed;
  // Attempts up to this one were of a job of that id that has ended.
  int64_t lived = 0;
  bool cancelled = false;  // It is to end; who takes it up does not run it.

  friend bool operator==(const RegisteredJob&, const RegisteredJob&) = default;
};

// One that has ended, and how.
struct EndedJob {
  RegisteredJob job;
  JobState state = JobState::kFinished;
  int64_t ended_ms = 0;
  absl::Status failure;  // The first cause; OK unless it FAILED.

  friend bool operator==(const EndedJob&, const EndedJob&) = default;
};

// Which jobs there are: one record of the HaStore, so that a job is taken, or
// moves from running to ended, by one compare-and-swap. A few hundred bytes a
// job; plans lie beside it.
struct JobList {
  int64_t term = 0;  // Of the leader that wrote it.
  int64_t next_order = 1;
  std::vector<RegisteredJob> running;  // By order.
  std::vector<EndedJob> ended;         // The latest last.

  friend bool operator==(const JobList&, const JobList&) = default;
};

// As lines (record_text.h):
//
//   jobs-2   term  next_order
//   running  id order name submitted_ms plan_object size crc savepoint lived
//            marks: "claim:<claimed>", "cancelled", both with a comma between,
//            or none
//   ended    the same, then state ended_ms status_code message
//
// jobs-1 had neither lived nor marks, and can be read.
std::string EncodeJobList(const JobList& list);
// kDataLoss (JOB-0127): the bytes are none, or of a later version.
absl::StatusOr<JobList> DecodeJobList(absl::string_view bytes);

}  // namespace millrace
