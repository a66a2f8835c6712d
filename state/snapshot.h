#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"
#include "state/storage/manifest.h"

namespace millrace {

// The key groups of one of `parallelism` subtasks. Ranges of all subtasks
// cover [0, max_parallelism) without overlap.
KeyGroupRange KeyGroupsOf(SubtaskIndex subtask, int parallelism,
                          int max_parallelism);

// Hashes of some key groups: both ends belong to it.
struct HashRange {
  uint64_t first = 0;
  uint64_t last = UINT64_MAX;
};

// The hashes of the keys in `groups`, which are some, as KeyGroupOf counts.
HashRange HashesOf(const KeyGroupRange& groups, int max_parallelism);

// What a barrier froze and did not write: goes out in slices, between turns,
// while the state is used again. Owned by the SnapshotWriter that it writes to,
// and may outlive the state, which then has written all of it.
class SnapshotRest {
 public:
  virtual ~SnapshotRest() = default;
  // Writes more entries, the work of about `limit`, and returns how much that
  // was; less than `limit`: it was the last.
  virtual absl::StatusOr<uint32_t> WriteOn(uint32_t limit) = 0;
};

// Receives the state of one operator of one subtask at a barrier.
//
// Entries of one keyed state come grouped by key group, ascending; within a
// group in any order. The backend behind it decides where bytes go. Owned and
// called by the subtask's worker.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;

  // kChanges: of keyed state only what was put, changed or erased since the
  // last snapshot to this operator's backend is asked for, whether or not that
  // one's checkpoint completed. A collection that does not keep account of its
  // changes may write everything all the same, after DropPrefix("").
  // kNothing: no row will ever meet the keyed state again, so none of it is
  // asked for, and what of it is written all the same is dropped.
  enum class Extent { kAll, kChanges, kNothing };
  virtual Extent extent() const { return Extent::kAll; }

  // Every entry that follows, until the next BeginState, is of this state.
  virtual absl::Status BeginState(const StateSchema& schema) = 0;
  virtual absl::Status Entry(KeyGroup group, absl::string_view key,
                             absl::string_view value) = 0;

  // For Extent::kChanges only. There is no entry with this key any more; it
  // stands in the place an Entry would.
  virtual absl::Status Erased(KeyGroup group, absl::string_view key);
  // No entry of earlier snapshots whose key begins with `prefix` counts any
  // more, in all key groups of the state: a slice that is over. Before the
  // first Entry of the state.
  virtual absl::Status DropPrefix(absl::string_view prefix);
  // The same where all such entries lie in one key group.
  virtual absl::Status DropPrefixIn(KeyGroup group, absl::string_view prefix);

  // Whether key groups may come in any order and again.
  virtual bool TakesAnyOrder() const { return false; }
  // Whether entries may still come when Operator::Snapshot has returned, until
  // WriteRest is done: in any order, of any state that was begun (LateEntry).
  virtual bool TakesRest() const { return false; }
  virtual absl::Status LateEntry(int32_t state_id, KeyGroup group,
                                 absl::string_view key,
                                 absl::string_view value);
  // Rests are written in the order in which they were added.
  virtual void AddRest(std::unique_ptr<SnapshotRest> rest);
  // Has the rests write about `limit` entries; true: nothing is left.
  virtual absl::StatusOr<bool> WriteRest(uint32_t /*limit*/) { return true; }

  // A list of opaque items redistributed over the subtasks on a rescale.
  using Redistribution = millrace::Redistribution;
  virtual absl::Status OperatorState(absl::string_view name,
                                     Redistribution redistribution,
                                     const std::vector<std::string>& items) = 0;
};

// Some entries of one key group, borrowed for a call.
struct EntryBatch {
  static constexpr size_t kMaxEntries = 256;

  KeyGroup group;
  std::span<const absl::string_view> keys;
  std::span<const absl::string_view> values;  // As many.
};

// Gives back what a SnapshotWriter of the same operator received, narrowed to
// this subtask's key groups and share of operator state.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;

  // Calls `entry` for every entry of the state `schema.id` in this subtask's
  // key groups, grouped by key group. kFailedPrecondition when the stored
  // schema differs in version or types. A state that was never written has no
  // entries.
  virtual absl::Status ReadState(
      const StateSchema& schema,
      const std::function<absl::Status(KeyGroup, absl::string_view key,
                                       absl::string_view value)>& entry) = 0;

  // The same, as many at a time as the reader has at hand, up to kMaxEntries:
  // what is looked up in large tables is fetched ahead.
  virtual absl::Status ReadBatches(
      const StateSchema& schema,
      const std::function<absl::Status(const EntryBatch&)>& visit);

  // The same by several threads at once, this one and what helpers the reader
  // has, where it can and the state is large enough. The key groups are cut
  // into ranges, which ascend: `begin` gets them here, then `visit` the entries
  // of each range, those of one range one batch after the other. False: nothing
  // was called.
  struct Range {
    KeyGroupRange groups;
    uint64_t entries = 0;  // About.
  };
  virtual absl::StatusOr<bool> ReadRanges(
      const StateSchema& /*schema*/,
      const std::function<absl::Status(std::span<const Range>)>& /*begin*/,
      const std::function<absl::Status(size_t range, const EntryBatch&)>&
      /*visit*/) {
    return false;
  }

  // Calls turn(0) to turn(count - 1) as RunSharedLoop does, with the helpers
  // that ReadRanges has.
  virtual void ShareTurns(int count, absl::FunctionRef<void(int)> turn);

  virtual absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) = 0;
};

}  // namespace millrace
