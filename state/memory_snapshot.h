#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "state/snapshot.h"

namespace millrace {

// A snapshot that stays in memory: for tests and for state small enough to
// travel with its acknowledgement. Checks what SnapshotWriter demands: states
// begun once, prefixes before entries, key groups ascending, each key once (a
// CHECK: only a bug breaks it).
class MemorySnapshot final : public SnapshotWriter {
 public:
  explicit MemorySnapshot(Extent extent = Extent::kAll) : extent_(extent) {}

  Extent extent() const override { return extent_; }
  absl::Status BeginState(const StateSchema& schema) override;
  absl::Status Entry(KeyGroup group, absl::string_view key,
                     absl::string_view value) override;
  absl::Status Erased(KeyGroup group, absl::string_view key) override;
  absl::Status DropPrefix(absl::string_view prefix) override;
  absl::Status OperatorState(absl::string_view name,
                             Redistribution redistribution,
                             const std::vector<std::string>& items) override;

  // This snapshot becomes what the operator was when it wrote `changes`, the
  // next one after this. Checks that what is erased was there.
  void Add(const MemorySnapshot& changes);
  // Every entry and item as a line, in one order: equal for equal states.
  std::string Text() const;

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
    bool erased = false;
  };
  struct KeyedState {
    StateSchema schema;
    std::vector<KeyedEntry> entries;
    std::vector<std::string> dropped;
  };
  struct ItemList {
    Redistribution redistribution;
    std::vector<std::string> items;
  };

  absl::Status Put(KeyedEntry entry);

  Extent extent_;
  std::map<int32_t, KeyedState> states_;
  std::map<std::string, ItemList, std::less<>> lists_;
  KeyedState* current_ = nullptr;
};

}  // namespace millrace
