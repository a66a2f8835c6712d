#include "state/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

struct RocksDbMemory::Parts {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
};

namespace {

// So much at once goes into the memtable: large enough to cost little a key,
// small enough for the batch to be no burden beside it.
constexpr size_t kBatchBytes = 1 << 20;
// A memtable of the reference's size, less where the share for all is small.
constexpr int64_t kMostWriteBuffer = 64 << 20;
constexpr int64_t kLeastWriteBuffer = 1 << 20;
constexpr int kBackgroundJobs = 2;
// A run of so many bytes becomes a table at once: it is sorted already, and the
// memtable's skip list would cost more than all the rest of writing it.
constexpr size_t kLeastTableBytes = 4 << 20;
// Above so many young tables the next run goes through the memtable, where
// RocksDB slows writers down until compaction has caught up.
constexpr uint64_t kMostYoungTables = 12;

absl::Status FromRocks(const rocksdb::Status& status,
                       absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text =
      absl::StrCat("RocksDB, ", doing, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     {.code = "JOB-0040",
                      .what = text,
                      .fix = "Free space there, or give the job a folder on "
                             "another file system"});
  }
  if (status.IsIOError()) return absl::UnavailableError(text);
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(text);
  }
  return absl::InternalError(text);
}

rocksdb::Slice SliceOf(absl::string_view text) {
  return {text.data(), text.size()};
}
absl::string_view ViewOf(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// reference: an unpartitioned filter that does not fit the cache costs 171 us
// a Get; a hash index in data blocks saves a fifth of a Get's CPU.
rocksdb::Options OptionsFor(const RocksDbMemory& memory) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.parts().cache;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 4096;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.pin_top_level_index_and_filter = true;
  table.data_block_index_type =
      rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.create_if_missing = true;
  options.write_buffer_manager = memory.parts().write_buffers;
  options.write_buffer_size = static_cast<size_t>(std::clamp<int64_t>(
      static_cast<int64_t>(memory.parts().write_buffers->buffer_size()) / 2,
      kLeastWriteBuffer, kMostWriteBuffer));
  options.max_write_buffer_number = 3;
  options.max_background_jobs = kBackgroundJobs;
  options.level_compaction_dynamic_level_bytes = true;
  // Young levels are rewritten soon: only what stays is worth compressing.
  options.compression_per_level.assign(options.num_levels,
                                       rocksdb::kLZ4Compression);
  options.compression_per_level[0] = rocksdb::kNoCompression;
  options.compression_per_level[1] = rocksdb::kNoCompression;
  options.avoid_unnecessary_blocking_io = true;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

class RocksDbStore final : public KvStore {
 public:
  RocksDbStore(std::unique_ptr<rocksdb::DB> db,
               std::shared_ptr<RocksDbMemory> memory)
      : memory_(std::move(memory)), db_(std::move(db)) {}

  absl::Status Write(const StoreRun& run) override;
  absl::Status Read(std::span<const absl::string_view> keys,
                    std::vector<std::optional<std::string>>& values) override;
  absl::Status Scan(absl::string_view first, absl::string_view limit,
                    absl::FunctionRef<absl::Status(absl::string_view,
                                                   absl::string_view)>
                        visit) override;
  absl::StatusOr<std::vector<File>> Link(const std::string& directory) override;

 private:
  absl::Status WriteBatchOf(rocksdb::WriteBatch& batch);
  bool HasManyYoungTables() const;
  absl::Status WriteTable(const StoreRun& run);
  absl::Status FillTable(const StoreRun& run, const std::string& path);
  absl::Status RemoveFile(const std::string& path);

  const std::shared_ptr<RocksDbMemory> memory_;  // Outlives the database.
  const std::unique_ptr<rocksdb::DB> db_;
};

absl::Status RocksDbStore::WriteBatchOf(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status status = db_->Write(options, &batch);
  batch.Clear();
  return FromRocks(status, "writing");
}

bool RocksDbStore::HasManyYoungTables() const {
  std::string text;
  uint64_t count = 0;
  return db_->GetProperty("rocksdb.num-files-at-level0", &text) &&
         absl::SimpleAtoi(text, &count) && count > kMostYoungTables;
}

// What fails leaves the store as it was, and no file that takes up room. One
// may still be there, linked to a table that the store has, which taking over
// left behind: it is removed, never written over.
absl::Status RocksDbStore::WriteTable(const StoreRun& run) {
  const std::string path = absl::StrCat(db_->GetName(), "/run");
  RETURN_IF_ERROR(RemoveFile(path));
  absl::Status status = FillTable(run, path);
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions moved;
    moved.move_files = true;
    moved.write_global_seqno = false;
    status = FromRocks(db_->IngestExternalFile({path}, moved),
                       "adding a table");
  }
  if (!status.ok()) (void)RemoveFile(path);
  return status;
}

// Uncompressed, as young tables are.
absl::Status RocksDbStore::FillTable(const StoreRun& run,
                                     const std::string& path) {
  rocksdb::Options options = OptionsFor(*memory_);
  options.compression_per_level.clear();
  options.compression = rocksdb::kNoCompression;
  rocksdb::SstFileWriter table(rocksdb::EnvOptions(), options,
                               /*column_family=*/nullptr,
                               /*invalidate_page_cache=*/false);
  RETURN_IF_ERROR(FromRocks(table.Open(path), "making a table"));
  for (size_t i = 0; i < run.size(); ++i) {
    const StoreRun::Entry entry = run.entry(i);
    RETURN_IF_ERROR(FromRocks(
        entry.erased ? table.Delete(SliceOf(entry.key))
                     : table.Put(SliceOf(entry.key), SliceOf(entry.value)),
        "filling a table"));
  }
  return FromRocks(table.Finish(), "ending a table");
}

absl::Status RocksDbStore::RemoveFile(const std::string& path) {
  const rocksdb::Status removed = db_->GetEnv()->DeleteFile(path);
  if (removed.IsPathNotFound() || removed.IsNotFound()) {
    return absl::OkStatus();
  }
  return FromRocks(removed, "removing a file");
}

absl::Status RocksDbStore::Write(const StoreRun& run) {
  if (run.dropped().empty() && run.size_bytes() >= kLeastTableBytes &&
      !HasManyYoungTables()) {
    return WriteTable(run);
  }
  rocksdb::WriteBatch batch;
  for (const StoreRun::Range& range : run.dropped()) {
    batch.DeleteRange(range.first, range.limit);
  }
  for (size_t i = 0; i < run.size(); ++i) {
    const StoreRun::Entry entry = run.entry(i);
    if (entry.erased) {
      batch.Delete(SliceOf(entry.key));
    } else {
      batch.Put(SliceOf(entry.key), SliceOf(entry.value));
    }
    if (batch.GetDataSize() >= kBatchBytes) {
      RETURN_IF_ERROR(WriteBatchOf(batch));
    }
  }
  return WriteBatchOf(batch);
}

absl::Status RocksDbStore::Read(
    std::span<const absl::string_view> keys,
    std::vector<std::optional<std::string>>& values) {
  std::vector<rocksdb::Slice> slices(keys.size());
  std::transform(keys.begin(), keys.end(), slices.begin(), SliceOf);
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(rocksdb::ReadOptions(), db_->DefaultColumnFamily(),
                keys.size(), slices.data(), found.data(), statuses.data(),
                /*sorted_input=*/true);
  values.assign(keys.size(), std::nullopt);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    RETURN_IF_ERROR(FromRocks(statuses[i], "reading"));
    values[i].emplace(found[i].data(), found[i].size());
  }
  return absl::OkStatus();
}

absl::Status RocksDbStore::Scan(
    absl::string_view first, absl::string_view limit,
    absl::FunctionRef<absl::Status(absl::string_view, absl::string_view)>
        visit) {
  const rocksdb::Slice bound = SliceOf(limit);
  rocksdb::ReadOptions options;
  if (!limit.empty()) options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(options));
  for (entry->Seek(SliceOf(first)); entry->Valid(); entry->Next()) {
    RETURN_IF_ERROR(visit(ViewOf(entry->key()), ViewOf(entry->value())));
  }
  return FromRocks(entry->status(), "scanning");
}

absl::StatusOr<std::vector<KvStore::File>> RocksDbStore::Link(
    const std::string& directory) {
  rocksdb::Checkpoint* checkpoint = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::Checkpoint::Create(db_.get(), &checkpoint),
                            "preparing a checkpoint"));
  const std::unique_ptr<rocksdb::Checkpoint> owned(checkpoint);
  RETURN_IF_ERROR(
      FromRocks(owned->CreateCheckpoint(directory), "linking a checkpoint"));
  std::vector<std::string> names;
  rocksdb::Env* const env = db_->GetEnv();
  RETURN_IF_ERROR(
      FromRocks(env->GetChildren(directory, &names), "listing a checkpoint"));
  std::vector<File> files;
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    uint64_t size_bytes = 0;
    RETURN_IF_ERROR(FromRocks(
        env->GetFileSize(absl::StrCat(directory, "/", name), &size_bytes),
        "listing a checkpoint"));
    files.push_back({.name = name,
                     .size_bytes = static_cast<int64_t>(size_bytes),
                     .is_immutable = absl::EndsWith(name, ".sst")});
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

}  // namespace

RocksDbMemory::RocksDbMemory(int64_t bytes, MemoryBudget* budget)
    : bytes_(bytes), budget_(budget), parts_(std::make_unique<Parts>()) {
  parts_->cache = rocksdb::NewLRUCache(static_cast<size_t>(bytes));
  // Charged to the cache, so that both together stay within `bytes`.
  parts_->write_buffers = std::make_shared<rocksdb::WriteBufferManager>(
      static_cast<size_t>(bytes / 3), parts_->cache);
}

RocksDbMemory::~RocksDbMemory() {
  parts_.reset();
  if (budget_ != nullptr) budget_->Give(bytes_);
}

absl::StatusOr<std::shared_ptr<RocksDbMemory>> RocksDbMemory::Draw(
    int64_t bytes, MemoryBudget* budget) {
  if (budget != nullptr) {
    RETURN_IF_ERROR(budget->Take(bytes, "the cache of state.backend rocksdb"));
  }
  return std::shared_ptr<RocksDbMemory>(new RocksDbMemory(bytes, budget));
}

absl::StatusOr<std::unique_ptr<KvStore>> OpenRocksDb(
    const std::string& path, std::shared_ptr<RocksDbMemory> memory) {
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(OptionsFor(*memory), path, &db),
                            absl::StrCat("opening ", path)));
  return std::unique_ptr<KvStore>(std::make_unique<RocksDbStore>(
      std::unique_ptr<rocksdb::DB>(db), std::move(memory)));
}

absl::StatusOr<std::unique_ptr<KvStore>> OpenRocksDbReadOnly(
    const std::string& path, std::shared_ptr<RocksDbMemory> memory) {
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(FromRocks(
      rocksdb::DB::OpenForReadOnly(OptionsFor(*memory), path, &db),
      absl::StrCat("opening ", path)));
  return std::unique_ptr<KvStore>(std::make_unique<RocksDbStore>(
      std::unique_ptr<rocksdb::DB>(db), std::move(memory)));
}

}  // namespace millrace
