#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "state/storage/ha_store.h"
#include "state/storage/job_record.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// The checkpoints of jobs, as a job's master writes and reads them:
//
//   BeginAttempt -> LoadLatest -> ... ReserveId -> (barriers) -> WriteManifest
//   -> SwapPointer -> (sinks commit) -> Delete what nothing refers to
//
// Which checkpoint is a job's latest is said by its JobRecord alone, never by
// what lies in the store. A record is handed back to the next call that writes
// it; an attempt that is not the newest any more gets kAborted and can change
// nothing.
//
// Calls block; they are made on an Executor, for one job one at a time. Has no
// state of its own. Errors are those of ha_store.h and object_store.h; where
// nothing else is said kUnavailable means that the same call may be repeated.
class CheckpointStore {
 public:
  // Both outlive it.
  CheckpointStore(ObjectStore* objects, HaStore* records)
      : objects_(objects), records_(records) {}

  // nullopt: the job was never begun here.
  absl::StatusOr<std::optional<JobRecord>> Find(absl::string_view job_id);

  // By what right an attempt is begun.
  struct Right {
    // Attempts up to this one were of a life of the job that has ended; that a
    // checkpoint of theirs was to end the job counts no more.
    int64_t lived = 0;
    // Of the leader that begins it; 0: nobody leads.
    int64_t term = 0;
  };
  // A new number for a new attempt: that of the record returned. All before
  // are shut out. Its `finished` says whether the job had finished, and is
  // begun anew. kAborted: a leader of a later term has begun one; nothing was
  // changed. kDataLoss: the record is unreadable, or it is gone while
  // checkpoints of the job are there.
  absl::StatusOr<JobRecord> BeginAttempt(absl::string_view job_id,
                                         const Right& right);
  absl::StatusOr<JobRecord> BeginAttempt(absl::string_view job_id) {
    return BeginAttempt(job_id, Right());
  }

  // An id that no checkpoint of the job ever had, and larger than `above`:
  // `last_checkpoint` of the record returned. kAborted: a newer attempt began.
  // kUnknown, kUnavailable: again.
  absl::StatusOr<JobRecord> ReserveId(const JobRecord& mine,
                                      CheckpointId above = CheckpointId(0));

  // Durable once OK; counts once SwapPointer says so.
  absl::StatusOr<RetainedCheckpoint> WriteManifest(const Manifest& manifest);

  // Makes `latest` the job's latest checkpoint and keeps the newest `limit` in
  // the record returned.
  //   OK            done, now or by an earlier call whose outcome was unknown
  //   kAborted      lost to a newer attempt. Nothing of the job may be deleted
  //                 by this one: the newer may count on it
  //   kUnknown      done, or not, or soon: again with the same arguments, and
  //                 nothing deleted before OK or kAborted is the answer
  //   another       not done by this call: again, or, if no call was kUnknown,
  //                 given up
  // REQUIRES: later than all of `mine`; limit > 0.
  absl::StatusOr<JobRecord> SwapPointer(const JobRecord& mine,
                                        const RetainedCheckpoint& latest,
                                        int limit);

  // The record as it stands now. kAborted: it is a newer attempt's.
  absl::StatusOr<JobRecord> Refresh(const JobRecord& mine);

  // The latest checkpoint of the record; nullopt: there is none. kDataLoss: it
  // cannot be read, and which file it is; an older one is never taken instead.
  absl::StatusOr<std::optional<Manifest>> LoadLatest(const JobRecord& record);
  absl::StatusOr<Manifest> Load(absl::string_view job_id,
                                const RetainedCheckpoint& retained);

  // That of a checkpoint which the record does not name: a savepoint, or one
  // that was never completed. Errors as of Load.
  absl::StatusOr<Manifest> LoadUnnamed(absl::string_view job_id,
                                       CheckpointId checkpoint);

  // The job has ended: no checkpoint counts any more, and no attempt before
  // can bring one back. Only then may they be deleted. The numbers of attempts
  // and checkpoints stay, so that no name is used twice. Errors as of
  // SwapPointer.
  absl::StatusOr<JobRecord> Forget(const JobRecord& mine);

  // Every object of the job, for FileLedger::Orphans.
  absl::StatusOr<std::vector<std::string>> ListObjects(
      absl::string_view job_id);
  // Deletes as many as it can, and returns the first error. What stays is an
  // orphan for a later audit: no reason to fail a job.
  absl::Status Delete(const std::vector<std::string>& names);

 private:
  // Writes `next` where the record is still `mine`. Errors of SwapPointer.
  absl::StatusOr<JobRecord> Replace(const JobRecord& mine, JobRecord next);
  absl::Status CheckNoneLost(absl::string_view job_id);

  ObjectStore* const objects_;
  HaStore* const records_;
};

}  // namespace millrace
