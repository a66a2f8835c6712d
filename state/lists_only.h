#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "state/snapshot.h"

namespace millrace {

// What a subtask writes whose input has ended: its lists of operator state go
// on to another writer, its keyed state nowhere. `lists` outlives it.
class ListsOnly final : public SnapshotWriter {
 public:
  explicit ListsOnly(SnapshotWriter& lists) : lists_(lists) {}

  Extent extent() const override { return Extent::kNothing; }

  absl::Status BeginState(const StateSchema&) override {
    return absl::OkStatus();
  }
  absl::Status Entry(KeyGroup, absl::string_view, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status Erased(KeyGroup, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status DropPrefix(absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status DropPrefixIn(KeyGroup, absl::string_view) override {
    return absl::OkStatus();
  }
  absl::Status OperatorState(absl::string_view name,
                             Redistribution redistribution,
                             const std::vector<std::string>& items) override {
    return lists_.OperatorState(name, redistribution, items);
  }

 private:
  SnapshotWriter& lists_;
};

}  // namespace millrace
