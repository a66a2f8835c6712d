#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "state/run_format.h"
#include "state/storage/manifest.h"

namespace millrace {

// A run: entries of an operator's keyed states, sorted by state, key group and
// key, as bytes that can be read a key group at a time (run_format.h draws
// them). What a snapshot of a resident state, and a savepoint, consist of.
//
// A run may stand on earlier ones: then an entry of it stands for theirs with
// the same key, an erased entry for there being none, and none of theirs
// counts whose key begins with one of its dropped prefixes.

// One entry, borrowed from the bytes that it lies in.
struct RunEntry {
  absl::string_view key;
  absl::string_view value;
  bool erased = false;
};

// Takes the first entry off `bytes`; false: that is none. Inlined, for a
// restore is bound by it.
inline bool TakeRunEntry(absl::string_view& bytes, RunEntry* entry) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  uint64_t head = 0;
  if (!run_format::TakeVarint(at, end, &head) ||
      head / 2 > static_cast<uint64_t>(end - at)) {
    return false;
  }
  entry->key = {at, head / 2};
  at += head / 2;
  entry->erased = head % 2 == 1;
  entry->value = {};
  if (!entry->erased) {
    uint64_t length = 0;
    if (!run_format::TakeVarint(at, end, &length) ||
        length > static_cast<uint64_t>(end - at)) {
      return false;
    }
    entry->value = {at, length};
    at += length;
  }
  bytes = {at, static_cast<size_t>(end - at)};
  return true;
}

// The index of a run, and its entries on demand. Every damage is kDataLoss.
// Immutable once it is open: as thread-safe as its Fetch.
class RunFile {
 public:
  // `length` bytes of the run from `offset` on.
  using Fetch = std::function<absl::StatusOr<std::string>(int64_t offset,
                                                          int64_t length)>;
  struct Group {
    KeyGroup group;
    uint32_t entries = 0;
    int64_t offset = 0;
    int64_t length = 0;
    uint32_t crc32c = 0;
  };
  struct State {
    StateSchema schema;
    std::vector<std::string> dropped;
    std::vector<Group> groups;  // Ascending; those with entries.
  };

  // Reads the index of a run of `size_bytes`. `name` is for messages.
  static absl::StatusOr<RunFile> Open(std::string name, int64_t size_bytes,
                                      Fetch fetch);

  const std::vector<State>& states() const { return states_; }
  const State* Find(int32_t state_id) const;

  // The checked entries of some groups: groups[i] lies in `bytes`.
  struct Groups {
    std::string bytes;
    std::vector<absl::string_view> groups;
  };
  // Those of state.groups[first] up to [limit - 1], read at once.
  absl::StatusOr<std::unique_ptr<Groups>> Read(const State& state,
                                               size_t first,
                                               size_t limit) const;

  // The error for a run that is not what its index says.
  absl::Status Damaged(absl::string_view what) const;

 private:
  RunFile(std::string name, Fetch fetch)
      : name_(std::move(name)), fetch_(std::move(fetch)) {}

  absl::Status TakeFooter(absl::string_view footer, int64_t entries_end);

  std::string name_;
  Fetch fetch_;
  std::vector<State> states_;
};

}  // namespace millrace
