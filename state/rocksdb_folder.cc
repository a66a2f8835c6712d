#include "state/rocksdb_folder.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"
#include "state/merged_runs.h"

namespace millrace {
namespace {

// Entries are copied from store to store in runs of about this size.
constexpr size_t kCopyBytes = 4 << 20;

int64_t SizeOf(const KeyedPart& part) {
  int64_t size_bytes = 0;
  for (const KeyedPart::File& file : part.files) {
    size_bytes += file.blob.file
                      ? file.blob.file->size_bytes
                      : static_cast<int64_t>(file.blob.inlined.size());
  }
  return size_bytes;
}

// Every key of the groups [first, limit).
StoreRun::Range KeysOf(KeyGroup first, KeyGroup limit) {
  return {.first = StoreKeyHead(first, 0), .limit = StoreKeyHead(limit, 0)};
}

// Collects entries and pushes them on, a run at a time.
class RunFeeder {
 public:
  explicit RunFeeder(StorePipeline* to) : to_(to) {}

  absl::Status Put(absl::string_view key_head, absl::string_view key,
                   absl::string_view value) {
    run_->Put(key_head, key, value);
    return run_->size_bytes() < kCopyBytes ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    to_->Push(std::exchange(run_, std::make_unique<StoreRun>()));
    return to_->Drain();
  }

 private:
  StorePipeline* to_;
  std::unique_ptr<StoreRun> run_ = std::make_unique<StoreRun>();
};

}  // namespace

RocksDbFolder::RocksDbFolder(const BackendPlace& place,
                             const RocksDbOptions& options)
    : options_(options),
      spare_(options.spare != nullptr
                 ? options.spare
                 : std::make_shared<SpareMemory>(options.resident_bytes)),
      folder_(absl::StrCat(options.folder, "/", place.job_id, "-",
                           place.attempt, "-", absl::Hex(HashBytes(place.uid)),
                           "-", place.subtask)) {
  pipeline_ = std::make_unique<StorePipeline>(
      [this]() -> absl::StatusOr<std::unique_ptr<KvStore>> {
        RETURN_IF_ERROR(options_.disk->MakeDirectory(folder_));
        return OpenStore(PathOf("store"), /*read_only=*/false);
      });
}

absl::StatusOr<std::unique_ptr<KvStore>> RocksDbFolder::OpenStore(
    const std::string& path, bool read_only) const {
  if (options_.open_store) {
    return options_.open_store(path, read_only, options_.disk);
  }
  return read_only ? OpenRocksDbReadOnly(path, options_.memory)
                   : OpenRocksDb(path, options_.memory);
}

// What a folder leaves behind costs disk space, not correctness: nobody opens
// it again.
RocksDbFolder::~RocksDbFolder() {
  pipeline_.reset();
  (void)RemoveTree(*options_.disk, folder_);
}

std::string RocksDbFolder::PathOf(absl::string_view name) const {
  return absl::StrCat(folder_, "/", name);
}

absl::StatusOr<KnownTables> RocksDbFolder::Fill(
    const std::vector<OperatorSnapshot>& snapshots, int max_parallelism,
    ObjectStore& store) {
  // A killed predecessor of the same name cannot be: attempts are unique. What
  // a simulation left there is not ours.
  RETURN_IF_ERROR(RemoveTree(*options_.disk, folder_));
  std::vector<const KeyedPart*> stores;
  std::vector<OperatorSnapshot> runs;
  for (const OperatorSnapshot& snapshot : snapshots) {
    OperatorSnapshot& with_runs = runs.emplace_back(snapshot);
    with_runs.parts.clear();
    for (const KeyedPart& part : snapshot.parts) {
      if (part.form == KeyedPart::Form::kRocksDb) {
        stores.push_back(&part);
      } else {
        with_runs.parts.push_back(part);
      }
    }
  }
  std::sort(stores.begin(), stores.end(),
            [](const KeyedPart* a, const KeyedPart* b) {
              return SizeOf(*a) > SizeOf(*b);
            });
  KnownTables shared;
  if (!stores.empty()) {
    const KeyedPart& base = *stores[0];
    RETURN_IF_ERROR(options_.disk->MakeDirectory(folder_));
    RETURN_IF_ERROR(DownloadStoreFiles(base, PathOf("store"),
                                       *options_.disk, store));
    shared = TablesOf(base.files);
    pipeline_->MarkUsed();
    if (base.groups.first > KeyGroup(0) ||
        base.groups.limit < KeyGroup(max_parallelism)) {
      auto foreign = std::make_unique<StoreRun>();
      for (const StoreRun::Range& range :
           {KeysOf(KeyGroup(0), base.groups.first),
            KeysOf(base.groups.limit, KeyGroup(max_parallelism))}) {
        if (range.first < range.limit) foreign->Drop(range);
      }
      pipeline_->Push(std::move(foreign));
    }
    RETURN_IF_ERROR(pipeline_->Drain());
    for (size_t i = 1; i < stores.size(); ++i) {
      RETURN_IF_ERROR(CopyStore(*stores[i], store));
    }
  }
  RETURN_IF_ERROR(CopyRuns(runs, store));
  return shared;
}

absl::Status RocksDbFolder::CopyStore(const KeyedPart& part,
                                      ObjectStore& store) {
  const std::string folder = PathOf("old");
  RETURN_IF_ERROR(DownloadStoreFiles(part, folder, *options_.disk, store));
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<KvStore> old,
                     OpenStore(folder, /*read_only=*/true));
    RunFeeder feeder(pipeline_.get());
    const StoreRun::Range keys = KeysOf(part.groups.first, part.groups.limit);
    RETURN_IF_ERROR(old->Scan(
        keys.first, keys.limit,
        [&](absl::string_view key, absl::string_view value) {
          return feeder.Put("", key, value);
        }));
    RETURN_IF_ERROR(feeder.Flush());
  }
  return RemoveTree(*options_.disk, folder);
}

absl::Status RocksDbFolder::CopyRuns(
    const std::vector<OperatorSnapshot>& snapshots, ObjectStore& store) {
  std::map<int32_t, StateSchema> schemas;
  for (const OperatorSnapshot& snapshot : snapshots) {
    if (snapshot.parts.empty()) continue;
    for (const StateSchema& schema : snapshot.schemas) {
      schemas.emplace(schema.id, schema);
    }
  }
  if (schemas.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                   OpenMergedRuns(snapshots, &store));
  RunFeeder feeder(pipeline_.get());
  for (const auto& [id, schema] : schemas) {
    RETURN_IF_ERROR(reader->ReadState(
        schema, [&, id = id](KeyGroup group, absl::string_view key,
                             absl::string_view value) {
          return feeder.Put(StoreKeyHead(group, id), key, value);
        }));
  }
  return feeder.Flush();
}

}  // namespace millrace
