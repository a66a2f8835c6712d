#include "state/memory_backend.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "state/merged_runs.h"
#include "state/run_chain.h"

namespace millrace {
namespace {

class RunWriter final : public SnapshotWriter {
 public:
  RunWriter(CheckpointId checkpoint, Extent extent)
      : checkpoint_(checkpoint), extent_(extent) {}

  Extent extent() const override { return extent_; }

  absl::Status BeginState(const StateSchema& schema) override {
    entries_.BeginState(schema);
    return absl::OkStatus();
  }
  absl::Status Entry(KeyGroup group, absl::string_view key,
                     absl::string_view value) override {
    entries_.Put(group, key, value);
    return absl::OkStatus();
  }
  absl::Status Erased(KeyGroup group, absl::string_view key) override {
    if (extent_ == Extent::kAll) return SnapshotWriter::Erased(group, key);
    entries_.Erase(group, key);
    return absl::OkStatus();
  }
  absl::Status DropPrefix(absl::string_view prefix) override {
    if (extent_ == Extent::kAll) return SnapshotWriter::DropPrefix(prefix);
    entries_.Drop(prefix);
    return absl::OkStatus();
  }
  absl::Status OperatorState(absl::string_view name,
                             Redistribution redistribution,
                             const std::vector<std::string>& items) override {
    lists_.push_back({std::string(name), redistribution, items});
    return absl::OkStatus();
  }

  CheckpointId checkpoint() const { return checkpoint_; }
  RunCollector TakeEntries() { return std::move(entries_); }
  std::vector<ItemList> TakeLists() { return std::move(lists_); }

 private:
  const CheckpointId checkpoint_;
  const Extent extent_;
  RunCollector entries_;
  std::vector<ItemList> lists_;
};

// Puts the runs that no completed checkpoint holds; where they lie afterwards
// is in `frozen`.
absl::Status UploadRuns(const BackendPlace& place, CheckpointId checkpoint,
                        int64_t inline_limit_bytes, ObjectStore& store,
                        RunChain::FrozenRuns& frozen) {
  int64_t inlined_bytes = 0;
  for (const RunChain::FrozenRun& run : frozen.runs) {
    inlined_bytes += static_cast<int64_t>(run.blob.inlined.size());
  }
  int number = 0;
  for (RunChain::FrozenRun& run : frozen.runs) {
    if (run.entries == nullptr) continue;
    std::string bytes = run.entries->Encode();
    run.entries = nullptr;
    const auto size_bytes = static_cast<int64_t>(bytes.size());
    if (inlined_bytes + size_bytes <= inline_limit_bytes) {
      inlined_bytes += size_bytes;
      run.blob.inlined = std::move(bytes);
      continue;
    }
    FileRef file = {
        .name = StateFileName(place.job_id, place.attempt, checkpoint,
                              place.vertex, place.subtask, number++),
        .size_bytes = size_bytes,
        .crc32c = Crc32c(bytes)};
    RETURN_IF_ERROR(store.Put(file.name, bytes));
    run.blob.file = std::move(file);
  }
  frozen.uploaded = true;
  return absl::OkStatus();
}

class MemoryBackend final : public OperatorBackend {
 public:
  MemoryBackend(const BackendPlace& place, ObjectStore* store,
                const MemoryBackendOptions& options)
      : place_(place), store_(store), options_(options) {}

  std::unique_ptr<SnapshotWriter> BeginSnapshot(
      CheckpointId checkpoint) override {
    const auto extent = options_.asks_for_changes
                            ? chain_.NextExtent()
                            : SnapshotWriter::Extent::kAll;
    return std::make_unique<RunWriter>(checkpoint, extent);
  }

  absl::StatusOr<Upload> Freeze(
      std::unique_ptr<SnapshotWriter> written) override {
    auto& writer = static_cast<RunWriter&>(*written);
    const CheckpointId checkpoint = writer.checkpoint();
    auto entries = std::make_shared<const RunCollector>(writer.TakeEntries());
    OperatorSnapshot snapshot = {.uid = place_.uid,
                                 .fingerprint = place_.fingerprint,
                                 .subtask = place_.subtask,
                                 .schemas = entries->Schemas(),
                                 .lists = writer.TakeLists()};
    auto frozen = chain_.Add(checkpoint, writer.extent(), std::move(entries));
    return Upload([place = place_, store = store_, checkpoint,
                   limit = options_.inline_limit_bytes, frozen,
                   snapshot = std::move(snapshot)]()
                      -> absl::StatusOr<OperatorSnapshot> {
      RETURN_IF_ERROR(UploadRuns(place, checkpoint, limit, *store, *frozen));
      OperatorSnapshot uploaded = snapshot;
      if (!frozen->runs.empty()) {
        KeyedPart part = {
            .form = KeyedPart::Form::kRuns,
            .groups = KeyGroupsOf(SubtaskIndex(place.subtask),
                                  place.parallelism, place.max_parallelism)};
        for (const RunChain::FrozenRun& run : frozen->runs) {
          part.files.push_back({.blob = run.blob});
        }
        uploaded.parts.push_back(std::move(part));
      }
      return uploaded;
    });
  }

  void OnComplete(CheckpointId checkpoint) override {
    chain_.OnComplete(checkpoint);
  }
  void OnAbort(CheckpointId checkpoint) override { chain_.OnAbort(checkpoint); }

  StateStore* StoreFor(const StateSchema&) override { return nullptr; }

  // The first snapshot after it is a whole one: files of a checkpoint of
  // another parallelism hold more than this subtask owns.
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot> snapshots) override {
    return OpenMergedRuns(std::move(snapshots), store_);
  }

 private:
  const BackendPlace place_;
  ObjectStore* const store_;
  const MemoryBackendOptions options_;
  RunChain chain_;
};

}  // namespace

std::unique_ptr<OperatorBackend> NewMemoryBackend(
    const BackendPlace& place, ObjectStore* store,
    const MemoryBackendOptions& options) {
  return std::make_unique<MemoryBackend>(place, store, options);
}

std::unique_ptr<OperatorBackend> NewMemoryBackend(const BackendPlace& place,
                                                  ObjectStore* store) {
  return NewMemoryBackend(place, store, MemoryBackendOptions{});
}

}  // namespace millrace
