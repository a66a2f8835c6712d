#include "state/memory_backend.h"

#include <deque>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
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
  bool TakesAnyOrder() const override { return true; }
  bool TakesRest() const override { return true; }
  absl::Status LateEntry(int32_t state_id, KeyGroup group,
                         absl::string_view key,
                         absl::string_view value) override {
    entries_.PutLate(state_id, group, key, value);
    return absl::OkStatus();
  }
  void AddRest(std::unique_ptr<SnapshotRest> rest) override {
    rests_.push_back(std::move(rest));
  }
  absl::StatusOr<bool> WriteRest(uint32_t limit) override {
    while (!rests_.empty()) {
      ASSIGN_OR_RETURN(const uint32_t done, rests_.front()->WriteOn(limit));
      limit -= done;
      if (limit == 0) return false;
      rests_.pop_front();
    }
    return true;
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
  std::deque<std::unique_ptr<SnapshotRest>> rests_;
};

// The runs that an operator was restored from.
struct RestoredRuns {
  std::vector<Blob> runs;
  std::set<int32_t> unread;  // States that they have and nobody asked for.
};

// Notes which states are asked for: of others the operator knows nothing, and
// they are not to go on in its snapshots.
class NotingReader final : public SnapshotReader {
 public:
  NotingReader(std::unique_ptr<SnapshotReader> reader,
               std::shared_ptr<RestoredRuns> restored)
      : reader_(std::move(reader)), restored_(std::move(restored)) {}

  absl::Status ReadState(
      const StateSchema& schema,
      const std::function<absl::Status(KeyGroup, absl::string_view,
                                       absl::string_view)>& entry) override {
    restored_->unread.erase(schema.id);
    return reader_->ReadState(schema, entry);
  }
  absl::Status ReadBatches(
      const StateSchema& schema,
      const std::function<absl::Status(const EntryBatch&)>& visit) override {
    restored_->unread.erase(schema.id);
    return reader_->ReadBatches(schema, visit);
  }
  absl::StatusOr<bool> ReadRanges(
      const StateSchema& schema,
      const std::function<absl::Status(std::span<const Range>)>& begin,
      const std::function<absl::Status(size_t, const EntryBatch&)>& visit)
      override {
    restored_->unread.erase(schema.id);
    return reader_->ReadRanges(schema, begin, visit);
  }
  void ShareTurns(int count, absl::FunctionRef<void(int)> turn) override {
    reader_->ShareTurns(count, turn);
  }
  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) override {
    return reader_->OperatorState(name);
  }

 private:
  const std::unique_ptr<SnapshotReader> reader_;
  const std::shared_ptr<RestoredRuns> restored_;
};

// The runs of `snapshots` if a chain can go on from them: one part that has all
// key groups of the subtask. It may have others too, as files of a rescale
// have.
std::shared_ptr<RestoredRuns> RunsOf(
    const std::vector<OperatorSnapshot>& snapshots,
    const KeyGroupRange& groups) {
  auto restored = std::make_shared<RestoredRuns>();
  int part_count = 0;
  for (const OperatorSnapshot& snapshot : snapshots) {
    for (const KeyedPart& part : snapshot.parts) {
      if (++part_count > 1 || part.form != KeyedPart::Form::kRuns ||
          part.groups != groups) {
        return nullptr;
      }
      for (const KeyedPart::File& file : part.files) {
        restored->runs.push_back(file.blob);
      }
      for (const StateSchema& schema : snapshot.schemas) {
        restored->unread.insert(schema.id);
      }
    }
  }
  return part_count == 1 ? restored : nullptr;
}

// Puts the runs that no completed checkpoint holds; where they lie afterwards
// is in `frozen`.
absl::Status UploadRuns(const BackendPlace& place, CheckpointId checkpoint,
                        int64_t inline_limit_bytes, ObjectStore* store,
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
                              place.uid, place.subtask, number++),
        .size_bytes = size_bytes,
        .crc32c = Crc32c(bytes)};
    RETURN_IF_ERROR(store->Put(file.name, bytes));
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
    if (restored_ != nullptr && restored_->unread.empty()) {
      chain_.Adopt(restored_->runs);
    }
    restored_ = nullptr;
    const auto extent = options_.asks_for_changes
                            ? chain_.NextExtent()
                            : SnapshotWriter::Extent::kAll;
    return std::make_unique<RunWriter>(checkpoint, extent);
  }

  absl::StatusOr<Upload> Freeze(
      std::unique_ptr<SnapshotWriter> written) override {
    auto& writer = static_cast<RunWriter&>(*written);
    RETURN_IF_ERROR(writer.WriteRest(UINT32_MAX).status());
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
      RETURN_IF_ERROR(UploadRuns(place, checkpoint, limit, store, *frozen));
      OperatorSnapshot uploaded = snapshot;
      if (!frozen->runs.empty()) {
        KeyedPart part = {.form = KeyedPart::Form::kRuns,
                          .groups = GroupsOf(place)};
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

  absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot> snapshots) override {
    restored_ = RunsOf(snapshots, GroupsOf(place_));
    ASSIGN_OR_RETURN(std::unique_ptr<SnapshotReader> reader,
                     OpenMergedRuns(std::move(snapshots), store_,
                                    options_.restore));
    if (restored_ == nullptr) return reader;
    return std::make_unique<NotingReader>(std::move(reader), restored_);
  }

 private:
  const BackendPlace place_;
  ObjectStore* const store_;
  const MemoryBackendOptions options_;
  RunChain chain_;
  std::shared_ptr<RestoredRuns> restored_;  // Until the first snapshot.
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
