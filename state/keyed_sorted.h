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

// Rows by key in the order of a sort key: Top-N, OVER, interval joins,
// retractable MIN and MAX (DESIGN.md 7). Sort keys are bytes whose unsigned
// order is the order wanted; equal ones keep their order of arrival.
//
// A contract ahead of its first user, Top-N. Called by one worker.
class KeyedSorted {
 public:
  virtual ~KeyedSorted() = default;

  // As KeyedRows::Prepare.
  virtual absl::StatusOr<StateAccess> Prepare(const PackedKeys& keys) = 0;

  struct Item {
    absl::string_view sort_key;
    absl::string_view row;
  };
  // Adds items[i] to key i. REQUIRES: prepared.
  virtual absl::Status Insert(const PackedKeys& keys, const Item* items) = 0;
  // Takes away one item equal to items[i]; found[i] tells whether there was
  // one. REQUIRES: prepared.
  virtual absl::Status Erase(const PackedKeys& keys, const Item* items,
                             uint8_t* found) = 0;

  // Sort keys in [first, limit); an empty limit has none.
  struct Range {
    absl::string_view first;
    absl::string_view limit;
    bool descending = false;
  };
  // Visits the items of key number `key` in the range, in order, while `visit`
  // returns true. Items are borrowed for the call. REQUIRES: prepared.
  virtual void Scan(const PackedKeys& keys, uint32_t key, const Range& range,
                    absl::FunctionRef<bool(const Item&)> visit) const = 0;

  virtual absl::Status Snapshot(SnapshotWriter& writer) = 0;
  virtual absl::Status Restore(SnapshotReader& reader) = 0;
};

// In memory, and a cache over the backend's store where it has one.
std::unique_ptr<KeyedSorted> NewKeyedSorted(KeyedBuckets::Options options);

}  // namespace millrace
