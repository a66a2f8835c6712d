#include <algorithm>
#include <memory>
#include <utility>

#include "state/memory_backend.h"
#include "state/rocksdb_backend.h"

namespace millrace {
namespace {

// The memory backend, but for restores from stores: those are opened as if a
// RocksDB were to go on with them, read, and left again.
class AnyFormBackend final : public OperatorBackend {
 public:
  AnyFormBackend(const BackendPlace& place, const RocksDbOptions& options,
                 ObjectStore* store)
      : place_(place),
        options_(options),
        store_(store),
        memory_(NewMemoryBackend(
            place, store, {.restore = {.helpers = options.executor}})) {}

  std::unique_ptr<SnapshotWriter> BeginSnapshot(
      CheckpointId checkpoint) override {
    return memory_->BeginSnapshot(checkpoint);
  }
  absl::StatusOr<Upload> Freeze(
      std::unique_ptr<SnapshotWriter> written) override {
    return memory_->Freeze(std::move(written));
  }
  void OnComplete(CheckpointId checkpoint) override {
    memory_->OnComplete(checkpoint);
  }
  void OnAbort(CheckpointId checkpoint) override {
    memory_->OnAbort(checkpoint);
  }
  StateStore* StoreFor(const StateSchema& schema) override {
    return memory_->StoreFor(schema);
  }
  // The reader holds on to the store's folder.
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot> snapshots) override {
    const bool has_store = std::any_of(
        snapshots.begin(), snapshots.end(), [](const auto& snapshot) {
          return std::any_of(snapshot.parts.begin(), snapshot.parts.end(),
                             [](const KeyedPart& part) {
                               return part.form == KeyedPart::Form::kRocksDb;
                             });
        });
    if (!has_store) return memory_->Restore(std::move(snapshots));
    return NewRocksDbBackend(place_, options_, store_)
        ->Restore(std::move(snapshots));
  }

 private:
  const BackendPlace place_;
  const RocksDbOptions options_;
  ObjectStore* const store_;
  const std::unique_ptr<OperatorBackend> memory_;
};

}  // namespace

std::unique_ptr<OperatorBackend> NewMemoryBackendFromAnyForm(
    const BackendPlace& place, const RocksDbOptions& options,
    ObjectStore* store) {
  return std::make_unique<AnyFormBackend>(place, options, store);
}

}  // namespace millrace
