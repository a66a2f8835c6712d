#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/base/strong_int.h"
#include "state/snapshot.h"
#include "state/store_pipeline.h"

namespace millrace {

// Takes the state of an operator into a StorePipeline: copies only, for it is
// done at the barrier. What is written at once goes in before the rest does,
// so that reads see from the first moment on what was erased; the entries of a
// rest stay resident until it is in too (KeyedSlots::Evict).
//
// Called by the operator's worker. `pipeline` outlives it.
class StoreRunWriter final : public SnapshotWriter {
 public:
  // Of a checkpoint its barrier goes in behind the last entry. Without one
  // there is no rest.
  StoreRunWriter(StorePipeline* pipeline,
                 std::optional<CheckpointId> checkpoint, Extent extent,
                 KeyGroupRange groups)
      : pipeline_(pipeline),
        checkpoint_(checkpoint),
        extent_(extent),
        groups_(groups) {}

  Extent extent() const override { return extent_; }
  absl::Status BeginState(const StateSchema& schema) override;
  absl::Status Entry(KeyGroup group, absl::string_view key,
                     absl::string_view value) override;
  absl::Status Erased(KeyGroup group, absl::string_view key) override;
  absl::Status DropPrefix(absl::string_view prefix) override;
  absl::Status DropPrefixIn(KeyGroup group, absl::string_view prefix) override;
  bool TakesAnyOrder() const override { return true; }
  bool TakesRest() const override { return checkpoint_.has_value(); }
  absl::Status LateEntry(int32_t state_id, KeyGroup group,
                         absl::string_view key,
                         absl::string_view value) override;
  void AddRest(std::unique_ptr<SnapshotRest> rest) override;
  absl::StatusOr<bool> WriteRest(uint32_t limit) override;
  absl::Status OperatorState(absl::string_view name,
                             Redistribution redistribution,
                             const std::vector<std::string>& items) override;

  // Everything goes in that is left, and the barrier; later calls do nothing.
  void Push();
  bool has_rest() const { return !rests_.empty(); }
  // How writing the rest went.
  const absl::Status& status() const { return status_; }

  CheckpointId checkpoint() const { return *checkpoint_; }
  std::vector<StateSchema> TakeSchemas() { return std::move(schemas_); }
  std::vector<ItemList> TakeLists() { return std::move(lists_); }

 private:
  void Open(int32_t state_id, KeyGroup group);
  void PushRun();

  StorePipeline* const pipeline_;
  const std::optional<CheckpointId> checkpoint_;
  const Extent extent_;
  const KeyGroupRange groups_;
  std::unique_ptr<StoreRun> run_ = std::make_unique<StoreRun>();
  std::deque<std::unique_ptr<SnapshotRest>> rests_;
  bool is_pushed_ = false;
  absl::Status status_;
  std::vector<StateSchema> schemas_;
  std::vector<ItemList> lists_;
  // Of the last entry.
  int32_t state_id_ = 0;
  KeyGroup group_;
  std::string head_;
};

}  // namespace millrace
