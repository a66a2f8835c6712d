#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/spare_memory.h"
#include "state/operator_backend.h"
#include "state/rocksdb_backend.h"
#include "state/rocksdb_files.h"
#include "state/store_pipeline.h"

namespace millrace {

// The store of one operator and the folder that it lies in, which goes with
// it. Shared by the backend, its uploads and reads; thread-safe as its
// pipeline is.
class RocksDbFolder {
 public:
  RocksDbFolder(const BackendPlace& place, const RocksDbOptions& options);
  RocksDbFolder(const RocksDbFolder&) = delete;
  RocksDbFolder& operator=(const RocksDbFolder&) = delete;
  ~RocksDbFolder();

  StorePipeline& pipeline() { return *pipeline_; }
  const RocksDbOptions& options() const { return options_; }
  const std::shared_ptr<SpareMemory>& spare() const { return spare_; }

  // The path of something beside the store.
  std::string PathOf(absl::string_view name) const;

  // Fills the store, which is not used yet, with `snapshots`, as ShareOf gives
  // them. Blocks. Returns the tables that it shares with the object store.
  absl::StatusOr<KnownTables> Fill(
      const std::vector<OperatorSnapshot>& snapshots, int max_parallelism,
      ObjectStore& store);

 private:
  absl::StatusOr<std::unique_ptr<KvStore>> OpenStore(const std::string& path,
                                                     bool read_only) const;
  absl::Status CopyRuns(const std::vector<OperatorSnapshot>& snapshots,
                        ObjectStore& store);
  absl::Status CopyStore(const KeyedPart& part, ObjectStore& store);

  const RocksDbOptions options_;
  const std::shared_ptr<SpareMemory> spare_;
  const std::string folder_;
  std::unique_ptr<StorePipeline> pipeline_;
};

}  // namespace millrace
