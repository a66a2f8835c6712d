#include "state/rocksdb_backend.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/status_macros.h"
#include "state/rocksdb_folder.h"
#include "state/rocksdb_reads.h"
#include "state/store_run_writer.h"

namespace millrace {
namespace {

// Ids of states whose entries stay in the store.
using StatesBelow = std::set<int32_t>;

// What a filled store holds.
class RocksDbReader final : public SnapshotReader {
 public:
  RocksDbReader(std::shared_ptr<RocksDbFolder> folder, KeyGroupRange groups,
                std::shared_ptr<const StatesBelow> below,
                const std::vector<OperatorSnapshot>& snapshots)
      : folder_(std::move(folder)), groups_(groups), below_(std::move(below)) {
    for (const OperatorSnapshot& snapshot : snapshots) {
      for (const StateSchema& schema : snapshot.schemas) {
        schemas_.emplace(schema.id, schema);
      }
      for (const ItemList& list : snapshot.lists) {
        auto& items = lists_[list.name];
        items.insert(items.end(), list.items.begin(), list.items.end());
      }
    }
  }

  absl::Status ReadState(
      const StateSchema& schema,
      const std::function<absl::Status(KeyGroup, absl::string_view,
                                       absl::string_view)>& entry) override {
    const auto stored = schemas_.find(schema.id);
    if (stored == schemas_.end()) return absl::OkStatus();
    if (stored->second != schema) {
      return absl::FailedPreconditionError(absl::StrCat(
          "state ", schema.name, " was stored as version ",
          stored->second.version, " (", stored->second.key_type, " -> ",
          stored->second.value_type, ") and is now version ", schema.version,
          " (", schema.key_type, " -> ", schema.value_type, ")"));
    }
    if (below_->contains(schema.id) || !folder_->pipeline().is_used()) {
      return absl::OkStatus();
    }
    for (KeyGroup group = groups_.first; group < groups_.limit;
         group = group.Next()) {
      const std::string first = StoreKeyHead(group, schema.id);
      RETURN_IF_ERROR(folder_->pipeline().Scan(
          first, EndOfPrefix(first),
          [&](absl::string_view key, absl::string_view value) {
            return entry(group, key.substr(kStoreKeyHeadBytes), value);
          }));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> OperatorState(
      absl::string_view name) override {
    const auto list = lists_.find(name);
    return list == lists_.end() ? std::vector<std::string>() : list->second;
  }

 private:
  const std::shared_ptr<RocksDbFolder> folder_;
  const KeyGroupRange groups_;
  // Also those that an operator names after the store was filled.
  const std::shared_ptr<const StatesBelow> below_;
  std::map<int32_t, StateSchema> schemas_;
  std::map<std::string, std::vector<std::string>, std::less<>> lists_;
};

class RocksDbBackend final : public OperatorBackend {
 public:
  RocksDbBackend(const BackendPlace& place, const RocksDbOptions& options,
                 ObjectStore* store)
      : place_(place),
        store_(store),
        folder_(std::make_shared<RocksDbFolder>(place, options)) {}

  std::unique_ptr<SnapshotWriter> BeginSnapshot(
      CheckpointId checkpoint) override {
    const bool changes = !below_.empty() || folder_->pipeline().is_used();
    auto writer = std::make_unique<StoreRunWriter>(
        &folder_->pipeline(), checkpoint,
        changes ? SnapshotWriter::Extent::kChanges
                : SnapshotWriter::Extent::kAll,
        GroupsOf(place_));
    open_ = writer.get();
    return writer;
  }
  absl::StatusOr<Upload> Freeze(
      std::unique_ptr<SnapshotWriter> written) override;
  // What a barrier froze goes in before what changed since.
  std::unique_ptr<SnapshotWriter> BeginFlush() override {
    if (open_ != nullptr && open_->has_rest()) open_->Push();
    return std::make_unique<StoreRunWriter>(
        &folder_->pipeline(), std::nullopt, SnapshotWriter::Extent::kChanges,
        GroupsOf(place_));
  }
  void Flush(std::unique_ptr<SnapshotWriter> written) override {
    static_cast<StoreRunWriter&>(*written).Push();
    PostDrain();
  }
  void OnComplete(CheckpointId checkpoint) override;
  void OnAbort(CheckpointId checkpoint) override {
    folder_->pipeline().Abandon(checkpoint);
    uploads_.erase(checkpoint);
    PostDrain();
  }
  StateStore* StoreFor(const StateSchema& schema) override;
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot> snapshots) override;

 private:
  void PostDrain();

  const BackendPlace place_;
  ObjectStore* const store_;
  const std::shared_ptr<RocksDbFolder> folder_;
  std::map<int32_t, std::unique_ptr<RocksDbReads>> below_;  // By state id.
  const std::shared_ptr<StatesBelow> below_ids_ =
      std::make_shared<StatesBelow>();
  StoreRunWriter* open_ = nullptr;  // From BeginSnapshot to Freeze.
  KnownTables known_;  // Of the latest completed checkpoint.
  // Tables of checkpoints whose outcome is not known: filled by the upload,
  // looked at when the checkpoint has completed, which it cannot have before.
  std::map<CheckpointId, std::shared_ptr<KnownTables>> uploads_;
};

// A write that fails is noted by the pipeline, and tried again by the next.
void RocksDbBackend::PostDrain() {
  const RocksDbOptions& options = folder_->options();
  if (options.executor == nullptr) {
    (void)folder_->pipeline().Drain();
    return;
  }
  options.executor->Post([folder = folder_, wake = options.wake] {
    (void)folder->pipeline().Drain();
    if (wake) wake();
  });
}

absl::StatusOr<OperatorBackend::Upload> RocksDbBackend::Freeze(
    std::unique_ptr<SnapshotWriter> written) {
  auto& writer = static_cast<StoreRunWriter&>(*written);
  open_ = nullptr;
  writer.Push();
  RETURN_IF_ERROR(writer.status());
  const CheckpointId checkpoint = writer.checkpoint();
  OperatorSnapshot snapshot = {.uid = place_.uid,
                               .fingerprint = place_.fingerprint,
                               .subtask = place_.subtask,
                               .schemas = writer.TakeSchemas(),
                               .lists = writer.TakeLists()};
  if (!folder_->pipeline().is_used()) {
    return Upload([snapshot = std::move(snapshot)]()
                      -> absl::StatusOr<OperatorSnapshot> { return snapshot; });
  }
  auto tables = std::make_shared<KnownTables>();
  uploads_[checkpoint] = tables;
  return Upload([folder = folder_, place = place_, store = store_, checkpoint,
                 known = known_, tables, snapshot = std::move(snapshot)]()
                    -> absl::StatusOr<OperatorSnapshot> {
    const std::string linked =
        folder->PathOf(absl::StrCat("chk-", checkpoint.value()));
    auto linking = folder->pipeline().Link(checkpoint, linked);
    // What was behind the barrier is written: an operator may wait for that.
    if (folder->options().wake) folder->options().wake();
    ASSIGN_OR_RETURN(const std::vector<KvStore::File> files,
                     std::move(linking));
    Disk& disk = *folder->options().disk;
    int number = 0;
    KeyedPart part = {.form = KeyedPart::Form::kRocksDb,
                      .groups = GroupsOf(place)};
    auto uploaded = UploadStoreFiles(
        files, linked, known, disk, *store, [&] {
          return StateFileName(place.job_id, place.attempt, checkpoint,
                               place.uid, place.subtask, number++);
        });
    RETURN_IF_ERROR(RemoveTree(disk, linked));
    ASSIGN_OR_RETURN(part.files, std::move(uploaded));
    *tables = TablesOf(part.files);
    OperatorSnapshot whole = snapshot;
    whole.parts.push_back(std::move(part));
    return whole;
  });
}

void RocksDbBackend::OnComplete(CheckpointId checkpoint) {
  const auto upload = uploads_.find(checkpoint);
  if (upload == uploads_.end()) return;
  // Late news: a later checkpoint may have completed too, and this one's files
  // be gone. What was known before is referred to by both.
  if (std::next(upload) == uploads_.end()) known_ = *upload->second;
  uploads_.erase(uploads_.begin(), std::next(upload));
}

StateStore* RocksDbBackend::StoreFor(const StateSchema& schema) {
  if (folder_->options().resident_bytes == 0) return nullptr;
  auto& reads = below_[schema.id];
  if (reads == nullptr) {
    reads = std::make_unique<RocksDbReads>(folder_, schema.id);
    below_ids_->insert(schema.id);
  }
  return reads.get();
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> RocksDbBackend::Restore(
    std::vector<OperatorSnapshot> snapshots) {
  ASSIGN_OR_RETURN(known_, folder_->Fill(snapshots, place_.max_parallelism,
                                         *store_));
  return std::make_unique<RocksDbReader>(folder_, GroupsOf(place_), below_ids_,
                                         snapshots);
}

}  // namespace

std::unique_ptr<OperatorBackend> NewRocksDbBackend(
    const BackendPlace& place, const RocksDbOptions& options,
    ObjectStore* store) {
  return std::make_unique<RocksDbBackend>(place, options, store);
}

}  // namespace millrace
