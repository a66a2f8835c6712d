#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "state/storage/checkpoint_store.h"
#include "state/storage/ha_store.h"
#include "state/storage/object_store.h"
#include "state/storage/savepoint_folder.h"

namespace millrace {

// What an embedded run leaves on disk so that the same command goes on after
// the process was killed:
//
//   <root>/<identity>/
//     lock           held while a process runs the job; falls with the process
//     ha/            the job's id and its latest checkpoint (LocalHaStore)
//     checkpoints/   the files of checkpoints (LocalObjectStore)
//     local/         working files of this process, emptied at each start
//     dead-letters/  quarantined records; never emptied
//
// The job's id is made with the directory and stays, whatever ends and begins
// anew in it: numbers of attempts rise under it and make names unique.
//
// Owned by one thread; the stores are thread-safe.
class JobDirectory {
 public:
  struct Options {
    std::string root;      // "millrace-data".
    std::string identity;  // Of the job: see IdentityOf.
    std::string checkpoints;  // Another folder for them; empty: as drawn.
  };

  // Creates what is missing and takes the lock. JOB-0030: another process runs
  // the job; JOB-004x: the disk's errors. `disk` outlives the directory.
  static absl::StatusOr<std::unique_ptr<JobDirectory>> Open(
      const Options& options, Disk* disk);

  // The file that is locked while a process runs the job in `path`.
  static std::string LockIn(const std::string& path) { return path + "/lock"; }

  const std::string& path() const { return path_; }
  const std::string& job_id() const { return job_id_; }  // 32 hex digits.
  std::string local_path() const { return path_ + "/local"; }
  std::string dead_letter_path() const { return path_ + "/dead-letters"; }

  ObjectStore* objects() { return objects_.get(); }
  CheckpointStore* checkpoints() { return checkpoints_.get(); }

  // The checkpoint that a run would go on from; nullopt: it starts anew.
  absl::StatusOr<std::optional<RetainedCheckpoint>> Latest();
  // Whether a process finished the job and was killed before it could say so:
  // the same command has nothing left to do.
  absl::StatusOr<bool> FinishedUnseen();
  // The folder of the savepoint that the job, as it is now, began from; empty:
  // of none.
  absl::StatusOr<std::string> Origin();
  absl::Status NoteOrigin(const std::string& savepoint);

  // Somebody was told how the run ended: the next one starts anew, or goes on.
  absl::Status EndSeen();
  // The latest attempt of which somebody was told; 0: of none.
  absl::StatusOr<int64_t> AttemptSeen();

  // Savepoints of the job, as savepoint_folder.h says.
  absl::StatusOr<std::string> WriteSavepoint(CheckpointId checkpoint,
                                             const std::string& target) {
    return WriteSavepointFolder(job_id_, checkpoint, target, *objects_, disk_);
  }
  absl::StatusOr<Manifest> ReadSavepoint(const std::string& path,
                                         RestoreMode mode) {
    return ReadSavepointFolder(path, mode, job_id_, *objects_, disk_);
  }

  // What an earlier run left counts no more, and its files are deleted.
  absl::Status StartAnew();

 private:
  JobDirectory(std::string path, std::unique_ptr<Disk::Lock> lock, Disk* disk);
  absl::Status OpenStores(const Options& options);
  // Puts a value in the place of whatever the record holds.
  absl::Status Write(const std::string& record, const std::string& value);

  const std::string path_;
  const std::unique_ptr<Disk::Lock> lock_;
  Disk* const disk_;
  std::string job_id_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<HaStore> ha_;
  std::unique_ptr<CheckpointStore> checkpoints_;
};

// 32 hex digits that no other job has.
std::string NewJobId();

// What tells one job from another on this machine.
struct JobOrigin {
  std::string pipeline_name;  // Empty: not set.
  std::string script_path;    // Absolute; of standard input: its text.
  std::string job_name;       // Of the plan.
  int ordinal = 0;            // Among the script's jobs of that name.
};
// A name for the job's folder, for people to read, and unique by a hash:
// pipeline.name where it is set, else the script's place and which of its jobs
// this is.
std::string IdentityOf(const JobOrigin& origin);

}  // namespace millrace
