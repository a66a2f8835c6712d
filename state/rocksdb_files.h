#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/disk.h"
#include "state/kv_store.h"
#include "state/storage/manifest.h"
#include "state/storage/object_store.h"

namespace millrace {

// Tables (*.sst) that the object store has, by their names in the store's
// folder. No two tables of one store ever have the same name.
using KnownTables = std::map<std::string, FileRef>;

// Puts the files of a linked checkpoint, which lie in `folder`, into `store`;
// of what `known` has, only the reference is given. `next_name` names objects.
// Small files are inlined: a manifest is read anyway. Blocks.
absl::StatusOr<std::vector<KeyedPart::File>> UploadStoreFiles(
    const std::vector<KvStore::File>& files, const std::string& folder,
    const KnownTables& known, Disk& disk, ObjectStore& store,
    absl::FunctionRef<std::string()> next_name);

// Makes the new folder `folder` with the files of `part`, each checked. What
// shares its bytes with an object is never changed by RocksDB. kDataLoss: one
// is missing or damaged. Blocks.
absl::Status DownloadStoreFiles(const KeyedPart& part,
                                const std::string& folder, Disk& disk,
                                ObjectStore& store);

// The tables among `files`.
KnownTables TablesOf(const std::vector<KeyedPart::File>& files);

}  // namespace millrace
