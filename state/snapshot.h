#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// Half-open: [first, limit).
struct KeyGroupRange {
  KeyGroup first;
  KeyGroup limit;

  bool Contains(KeyGroup group) const {
    return first <= group && group < limit;
  }
  friend bool operator==(const KeyGroupRange&, const KeyGroupRange&) = default;
};

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

// What one keyed state of an operator is called and what its bytes mean; a
// restore compares it first.
struct StateSchema {
  int32_t id = 0;         // Unique in the operator, stable across versions.
  std::string name;       // For people: "accumulators".
  int32_t version = 1;    // Of the encoding of keys and values.
  std::string key_type;   // LogicalType texts, joined by ", ".
  std::string value_type;

  friend bool operator==(const StateSchema&, const StateSchema&) = default;
};

// Receives the state of one operator of one subtask at a barrier.
//
// Entries of one keyed state come grouped by key group, ascending; within a
// group in any order. The backend behind it decides where bytes go. Owned and
// called by the subtask's worker.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;

  // Every entry that follows, until the next BeginState, is of this state.
  virtual absl::Status BeginState(const StateSchema& schema) = 0;
  virtual absl::Status Entry(KeyGroup group, absl::string_view key,
                             absl::string_view value) = 0;

  // A list of opaque items redistributed over the subtasks on a rescale: each
  // item goes to exactly one of them (`kSplit`), or all go to every one
  // (`kUnion`).
  enum class Redistribution { kSplit, kUnion };
  virtual absl::Status OperatorState(absl::string_view name,
                                     Redistribution redistribution,
                                     const std::vector<std::string>& items) = 0;
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

  virtual absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) = 0;
};

}  // namespace millrace
