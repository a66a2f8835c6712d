#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "state/snapshot.h"

namespace millrace {

// A snapshot that stays in memory: for tests and for state small enough to
// travel with its acknowledgement. Checks what SnapshotWriter demands: states
// begun once, key groups ascending (a CHECK: only a bug breaks it).
class MemorySnapshot final : public SnapshotWriter {
 public:
  absl::Status BeginState(const StateSchema& schema) override;
  absl::Status Entry(KeyGroup group, absl::string_view key,
                     absl::string_view value) override;
  absl::Status OperatorState(absl::string_view name,
                             Redistribution redistribution,
                             const std::vector<std::string>& items) override;

  // Everything of `range`; of operator state, what each subtask is to get: all
  // of a kUnion, and of a kSplit the items i with i % parallelism == subtask.
  // The snapshot outlives the reader.
  struct Share {
    KeyGroupRange range;
    int subtask = 0;
    int parallelism = 1;
  };
  std::unique_ptr<SnapshotReader> Read(const Share& share) const;

  size_t entry_count() const;

 private:
  friend class MemorySnapshotReader;
  struct KeyedEntry {
    KeyGroup group;
    std::string key;
    std::string value;
  };
  struct KeyedState {
    StateSchema schema;
    std::vector<KeyedEntry> entries;
  };
  struct ItemList {
    Redistribution redistribution;
    std::vector<std::string> items;
  };

  std::map<int32_t, KeyedState> states_;
  std::map<std::string, ItemList, std::less<>> lists_;
  KeyedState* current_ = nullptr;
};

}  // namespace millrace
