#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"
#include "state/snapshot.h"

namespace millrace {

// What lies below the resident form of a keyed state (DESIGN.md 7), one for
// each subtask and state. The `memory` backend has none: everything is
// resident, and a collection without a StateStore behaves so.
//
// How the two work together, for KeyedSlots as for the other collections:
//
//   miss      FindOrInsert finds no entry and the store may have one: the
//             collection asks BeginRead for all misses of the batch at once and
//             says kPending; the worker runs the tasklet again when Poll
//             answers, and the entries are put in before the look-up goes on.
//   dirty     every slot handed out by FindOrInsert may be written, so the
//             collection sets a bit for its entry; a bit a slot lies beside
//             the table, in the table's order, so that a freeze walks runs.
//   freeze    at the barrier, dirty entries are copied in hash order (which is
//             key-group order) into an immutable run and handed to Write;
//             the bits are cleared. Until the run is written, misses look into
//             it first and no entry of it is evicted.
//   evict     only clean entries, coldest slot groups first, when the budget
//             asks for it.
//
// Keys are the slice's prefix and the canonical key bytes; values what the
// collection's snapshot writes: the same bytes in every backend, so that
// savepoints fit all of them.
//
// Called by the owning worker; reads and writes run on a BackgroundPool and
// come back by Poll.
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
  // The keys of that read with their values (`erased` where there is none),
  // or nothing while it runs. kUnavailable and kDataLoss as the disk says.
  virtual absl::StatusOr<std::vector<Entry>> Poll() = 0;

  // Takes a run of entries in key-group order, to be durable at the next
  // checkpoint's link. The store takes the next run after this one is done.
  virtual absl::Status Write(CheckpointId checkpoint,
                             std::vector<Entry> run) = 0;
  // Drops every entry whose key begins with `prefix`: a slice that is over.
  virtual absl::Status DropPrefix(absl::string_view prefix) = 0;
};

}  // namespace millrace
