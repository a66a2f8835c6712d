#include "state/discarding_backend.h"

#include <utility>

namespace millrace {
namespace {

// Asks for changes alone, which is less to walk through.
class DiscardingWriter final : public SnapshotWriter {
 public:
  Extent extent() const override { return Extent::kChanges; }
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
  absl::Status OperatorState(absl::string_view, Redistribution,
                             const std::vector<std::string>&) override {
    return absl::OkStatus();
  }
};

class DiscardingBackend final : public OperatorBackend {
 public:
  explicit DiscardingBackend(const BackendPlace& place) : place_(place) {}

  std::unique_ptr<SnapshotWriter> BeginSnapshot(CheckpointId) override {
    return std::make_unique<DiscardingWriter>();
  }
  absl::StatusOr<Upload> Freeze(std::unique_ptr<SnapshotWriter>) override {
    return Upload([snapshot = OperatorSnapshot{
                       .uid = place_.uid,
                       .fingerprint = place_.fingerprint,
                       .subtask = place_.subtask}]() { return snapshot; });
  }
  void OnComplete(CheckpointId) override {}
  void OnAbort(CheckpointId) override {}
  StateStore* StoreFor(const StateSchema&) override { return nullptr; }
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot>) override {
    return absl::FailedPreconditionError(
        "a job that keeps no checkpoints cannot go on from one");
  }

 private:
  const BackendPlace place_;
};

}  // namespace

std::unique_ptr<OperatorBackend> NewDiscardingBackend(
    const BackendPlace& place) {
  return std::make_unique<DiscardingBackend>(place);
}

}  // namespace millrace
