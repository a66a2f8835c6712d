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
// Collecting only copies, each byte once, for it is done at the barrier;
// sorting waits for Encode. Not thread-safe while it is filled; afterwards any
// thread may read.
class RunCollector {
 public:
  // REQUIRES of these: a state is begun once, its dropped prefixes come before
  // its entries, no key twice. Key groups may come in any order.
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
  // Entries as in the run, of one group and state, as they came.
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    uint32_t used = 0;
    uint32_t size = 0;
  };
  struct Group {
    std::vector<Chunk> chunks;  // None empty; no entry spans two.
    uint32_t entries = 0;
  };
  struct State {
    StateSchema schema;
    std::vector<std::string> dropped;
    std::vector<Group> groups;  // By number.
    bool has_entries() const { return !groups.empty(); }
  };
  struct EntryPlace;

  State& Last();
  static Group& GroupOf(KeyGroup group, State& state);
  void PutIn(State& state, KeyGroup group, absl::string_view key,
             absl::string_view value);
  // The chunk of `group` that an entry of at most `bytes` fits into.
  static Chunk& RoomFor(size_t bytes, Group& group);
  void Took(const char* end, Chunk& chunk, Group& group);
  static void FindEntries(const Group& group,
                          std::vector<EntryPlace>& places);
  static void EncodeGroups(const State& state, std::string& run,
                           std::string& footer);

  std::vector<State> states_;
  size_t size_bytes_ = 0;
};

}  // namespace millrace
