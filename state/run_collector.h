#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "state/storage/manifest.h"

namespace millrace {

// Collects the entries of one run in the order of a SnapshotWriter.
//
// Collecting only copies, each byte once, for it is done at the barrier; sorting
// waits for Encode. Not thread-safe while it is filled; afterwards any thread
// may read.
class RunCollector {
 public:
  // REQUIRES of these: a state is begun once, its dropped prefixes come before
  // its entries, no key twice. Key groups may come in any order; a change of
  // group, or of state, costs some bytes.
  void BeginState(const StateSchema& schema);
  void Drop(absl::string_view prefix);
  void Put(KeyGroup group, absl::string_view key, absl::string_view value);
  void Erase(KeyGroup group, absl::string_view key);
  // As Put, of a state that was begun, whichever was begun after it.
  void PutLate(int32_t state_id, KeyGroup group, absl::string_view key,
               absl::string_view value);

  // No state has an entry or a dropped prefix.
  bool empty() const;
  // Of the entries.
  size_t size_bytes() const { return size_bytes_; }
  std::vector<StateSchema> Schemas() const;

  // The run. May be called again, and by several threads.
  std::string Encode() const;

 private:
  // Where entries as in the run lie, as they came; none spans two chunks.
  static constexpr size_t kChunkBytes = 1 << 20;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t used = 0;
    size_t size = 0;
  };
  // Entries of one group and state that came one after the other, in one chunk.
  struct Stretch {
    KeyGroup group;
    uint32_t entries = 0;
    uint32_t chunk = 0;
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  struct State {
    StateSchema schema;
    std::vector<std::string> dropped;
    std::vector<Stretch> stretches;
  };
  struct EntryPlace;

  void PutIn(State& state, KeyGroup group, absl::string_view key,
             absl::string_view value);
  // Room for an entry of at most `bytes`; it is one of `group` that ends at
  // `end`.
  char* RoomFor(size_t bytes);
  void Took(const char* end, KeyGroup group, State& state);
  void FindEntries(const Stretch& stretch,
                   std::vector<EntryPlace>& places) const;
  void EncodeGroups(const State& state, std::string& run,
                    std::string& footer) const;

  std::vector<State> states_;
  std::vector<Chunk> chunks_;
  size_t size_bytes_ = 0;
};

}  // namespace millrace
