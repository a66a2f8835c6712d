#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"
#include "state/storage/manifest.h"

namespace millrace {

// A checkpoint that counts: where its manifest lies.
struct RetainedCheckpoint {
  CheckpointId checkpoint;
  FileRef manifest;
  // The job was to end with it: who goes on from it commits what it holds and
  // reads nothing more.
  bool ends_job = false;

  friend bool operator==(const RetainedCheckpoint&,
                         const RetainedCheckpoint&) = default;
};

// What is decided about a job, as one record of the HaStore, so that every
// decision is one compare-and-swap. Whoever begins an attempt writes it, and
// from then on each write of an attempt before fails.
struct JobRecord {
  std::string job_id;
  int64_t attempt = 0;           // The newest: 1, 2, 3, ... of the job's life.
  CheckpointId last_checkpoint;  // The id given out last.
  std::vector<RetainedCheckpoint> retained;  // Ascending; the last counts.
  bool finished = false;         // No attempt follows of itself.
  int64_t term = 0;  // Of the leader that began the attempt; 0: none leads.
  // Of the record in the HaStore that this was read from or written as.
  int64_t version = 0;

  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

// "job/<job id>"
std::string JobRecordName(absl::string_view job_id);

// The record's value and back, without its version. A value that is damaged is
// kDataLoss.
std::string EncodeJobRecord(const JobRecord& record);
absl::StatusOr<JobRecord> DecodeJobRecord(absl::string_view bytes);

}  // namespace millrace
