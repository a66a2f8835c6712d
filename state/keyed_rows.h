#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/batch/packed_key.h"
#include "state/keyed_buckets.h"
#include "state/snapshot.h"
#include "state/state_access.h"

namespace millrace {

// Many rows by key: joins, lists, tables of a changelog (DESIGN.md 7). Rows
// are packed bytes. Reached a batch of keys at a time; a backend that has to
// read first answers kPending and the operator returns kNeedsState.
//
// A contract ahead of its first user, the regular join. Called by one worker.
class KeyedRows {
 public:
  virtual ~KeyedRows() = default;

  // Makes sure that the rows of `keys` can be reached without reading. Until
  // the next Prepare nothing of them leaves memory.
  virtual absl::StatusOr<StateAccess> Prepare(const PackedKeys& keys) = 0;

  // Adds rows[i] to key i. REQUIRES: prepared.
  virtual absl::Status Append(const PackedKeys& keys,
                              const absl::string_view* rows) = 0;
  // Calls `match(i, row)` for every row of every key i, in the order in which
  // a key's rows were appended. The row is borrowed for the call. REQUIRES:
  // prepared.
  virtual void Probe(const PackedKeys& keys,
                     absl::FunctionRef<void(uint32_t, absl::string_view)>
                         match) const = 0;
  // Takes away one row equal to rows[i], the oldest; found[i] tells whether
  // there was one. REQUIRES: prepared.
  virtual absl::Status Retract(const PackedKeys& keys,
                               const absl::string_view* rows,
                               uint8_t* found) = 0;

  virtual absl::Status Snapshot(SnapshotWriter& writer) = 0;
  virtual absl::Status Restore(SnapshotReader& reader) = 0;
};

// In memory, and a cache over the backend's store where it has one.
std::unique_ptr<KeyedRows> NewKeyedRows(KeyedBuckets::Options options);

}  // namespace millrace
