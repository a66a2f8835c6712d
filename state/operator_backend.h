#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/strong_int.h"
#include "state/snapshot.h"
#include "state/state_backend.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// What lies below the state of one operator of one subtask: takes its
// snapshots into the files of checkpoints and brings them back.
//
//   barrier     BeginSnapshot, Operator::Snapshot, Freeze: the worker, at once
//   upload      Upload: an Executor, while the operator goes on
//   afterwards  OnComplete or OnAbort: the worker. Either may be missing; a
//               later OnComplete says what it says for all before it
//
// Invariant: an OperatorSnapshot refers only to files that it uploaded itself
// or that a checkpoint refers to whose OnComplete came. What was frozen for a
// checkpoint that has not completed is therefore kept, and goes out again with
// the next one.
//
// One snapshot is under way at a time; called by one worker but for Upload.
class OperatorBackend {
 public:
  // Called once, on an Executor. kUnavailable: the upload failed, which
  // declines the checkpoint and nothing else.
  using Upload = std::function<absl::StatusOr<OperatorSnapshot>()>;

  virtual ~OperatorBackend() = default;

  virtual std::unique_ptr<SnapshotWriter> BeginSnapshot(
      CheckpointId checkpoint) = 0;
  // Ends the synchronous part: what `written` got is immutable from now on.
  virtual absl::StatusOr<Upload> Freeze(
      std::unique_ptr<SnapshotWriter> written) = 0;

  // Where the states have stores: as BeginSnapshot and Freeze, but of no
  // checkpoint. What is written is the store's from now on.
  virtual std::unique_ptr<SnapshotWriter> BeginFlush() { return nullptr; }
  virtual void Flush(std::unique_ptr<SnapshotWriter> /*written*/) {}

  virtual void OnComplete(CheckpointId checkpoint) = 0;
  virtual void OnAbort(CheckpointId checkpoint) = 0;

  // The store below one keyed state; null where all of it is resident. Lives
  // as long as the backend. Asked by the operator's collections when they are
  // made, before Restore.
  virtual StateStore* StoreFor(const StateSchema& schema) = 0;

  // What the operator is to restore from, opened: `snapshots` are those of all
  // subtasks that had a part of what this one owns now. Once, before the first
  // snapshot. kDataLoss: a file is damaged or missing; kFailedPrecondition: it
  // is of a form that this backend cannot take.
  virtual absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot> snapshots) = 0;
};

// Which operator of which subtask a backend is for.
struct BackendPlace {
  std::string job_id;
  int64_t attempt = 0;
  std::string uid;  // Unique in the job; several operators may be of a vertex.
  uint64_t fingerprint = 0;
  int subtask = 0;
  int parallelism = 1;
  int max_parallelism = 128;
};

// The key groups that the operator of `place` owns.
inline KeyGroupRange GroupsOf(const BackendPlace& place) {
  return KeyGroupsOf(SubtaskIndex(place.subtask), place.parallelism,
                     place.max_parallelism);
}

// Everything resident; a snapshot is a list of sorted runs (run_file.h), of
// which the newest holds the changes, as far as the operator tells them apart.
// `store` outlives it.
std::unique_ptr<OperatorBackend> NewMemoryBackend(const BackendPlace& place,
                                                  ObjectStore* store);

// The snapshots in `manifest` of the operator `uid` that a subtask needs: those
// whose key groups meet its own, or that have lists. Parts are narrowed to its
// key groups; of kSplit lists it is given the items i (counted over all
// subtasks) with i % parallelism == subtask, of kUnion lists all.
std::vector<OperatorSnapshot> ShareOf(const Manifest& manifest,
                                      const BackendPlace& place);

}  // namespace millrace
