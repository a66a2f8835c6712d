#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/spare_memory.h"
#include "runtime/base/strong_int.h"
#include "state/snapshot.h"

namespace millrace {

// What lies below the resident form of one keyed state of one operator
// (DESIGN.md 7). The `memory` backend has none: everything is resident, and a
// collection without a StateStore behaves so.
//
// How the two work together, for KeyedSlots as for the other collections:
//
//   miss      a batch's keys that are not resident, nor erased since the last
//             flush, are read at once: BeginRead, kPending, and when Poll
//             answers the entries are put in, before the look-up goes on.
//   changed   every slot handed out may be written, so its entry is marked
//             (change_marks.h). Such entries stay.
//   flush     changed entries and erased keys are written as at a barrier
//             (SnapshotWriter, kChanges), to a snapshot or, when there is no
//             room for more, to OperatorBackend::BeginFlush. From then on the
//             store answers for them, though it may still be writing.
//   evict     only entries that have not changed since, those first that were
//             not touched in the interval before either.
//
// Keys are the slice's prefix and the canonical key bytes; values what the
// collection's snapshot writes: the same bytes in every backend, so that
// savepoints fit all of them.
//
// Called by the owning worker; reads run on an Executor and come back by Poll.
class StateStore {
 public:
  virtual ~StateStore() = default;

  struct Entry {
    KeyGroup group;
    std::string key;
    std::string value;
    bool erased = false;
  };

  // Starts to read the values of `keys`, at most one read at a time.
  virtual void BeginRead(std::vector<Entry> keys) = 0;
  // The same of every entry whose key begins with a `key` of `prefixes`: what
  // comes is those that there are.
  virtual void BeginScan(std::vector<Entry> prefixes) = 0;
  // The same of up to `limit` entries of one key group, those whose keys come
  // next after `after`: a sweep through what is not resident.
  virtual void BeginSweep(KeyGroup group, std::string after, size_t limit) = 0;
  // The keys of that read in order, with values (`erased`: there is none), or
  // nothing while it runs. kUnavailable and kDataLoss as the disk says.
  virtual absl::StatusOr<std::optional<std::vector<Entry>>> Poll() = 0;

  // How much of the state may be resident (SpareMemory::Member::Ask).
  virtual int64_t MayHold(const SpareMemory::Request& request) = 0;
  // Changes of so many bytes are flushed though there is room for more: a copy
  // of them waits until it is written.
  virtual int64_t run_bytes() const = 0;
  // Whether so much waits to be written that the operator is to wait
  // (kNeedsState) before it changes more; the error when writing fails.
  virtual absl::StatusOr<bool> IsBehind() = 0;
};

}  // namespace millrace
