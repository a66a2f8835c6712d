#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "state/storage/manifest.h"

namespace millrace {

// Collects the entries of one run in the order of a SnapshotWriter.
//
// Collecting only copies, for it is done at the barrier; sorting waits for
// Encode. Not thread-safe while it is filled; afterwards any thread may read.
class RunCollector {
 public:
  // REQUIRES of these: a state is begun once, its dropped prefixes come before
  // its entries, those with their key groups ascending, no key twice.
  void BeginState(const StateSchema& schema);
  void Drop(absl::string_view prefix);
  void Put(KeyGroup group, absl::string_view key, absl::string_view value);
  void Erase(KeyGroup group, absl::string_view key);

  // Room for about so many bytes, so that collecting does not move them.
  void Reserve(size_t bytes) { bytes_.reserve(bytes); }

  // No state has an entry or a dropped prefix.
  bool empty() const;
  // Of the entries.
  size_t size_bytes() const { return bytes_.size(); }
  std::vector<StateSchema> Schemas() const;

  // The run. May be called again, and by several threads.
  std::string Encode() const;

 private:
  struct Group {
    KeyGroup group;
    size_t begin = 0;  // In bytes_, to the next one's or the state's end.
    uint32_t entries = 0;
  };
  struct State {
    StateSchema schema;
    std::vector<std::string> dropped;
    std::vector<Group> groups;
    size_t end = 0;
  };

  void OpenGroup(KeyGroup group);

  std::vector<State> states_;
  std::string bytes_;  // Entries as in the run, as they came.
};

}  // namespace millrace
