#include "state/rocksdb_files.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "state/storage/verified_read.h"

namespace millrace {
namespace {

constexpr int64_t kPieceBytes = 1 << 20;
// CURRENT, the options and the list of tables: some KiB each.
constexpr int64_t kInlineBytes = 64 << 10;

bool IsTable(absl::string_view name) { return absl::EndsWith(name, ".sst"); }

// Reads the file through, in pieces.
absl::Status Measure(Disk& disk, const std::string& path, int64_t* size_bytes,
                     uint32_t* crc32c) {
  *size_bytes = 0;
  *crc32c = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const std::string piece,
                     disk.Read(path, *size_bytes, kPieceBytes));
    *crc32c = Crc32c(piece, *crc32c);
    *size_bytes += static_cast<int64_t>(piece.size());
    if (static_cast<int64_t>(piece.size()) < kPieceBytes) {
      return absl::OkStatus();
    }
  }
}

absl::Status WriteFile(Disk& disk, const std::string& path,
                       absl::string_view bytes) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Disk::File> file, disk.Create(path));
  RETURN_IF_ERROR(file->Append(bytes));
  return file->Close();
}

}  // namespace

absl::StatusOr<std::vector<KeyedPart::File>> UploadStoreFiles(
    const std::vector<KvStore::File>& files, const std::string& folder,
    const KnownTables& known, Disk& disk, ObjectStore& store,
    absl::FunctionRef<std::string()> next_name) {
  std::vector<KeyedPart::File> uploaded;
  for (const KvStore::File& file : files) {
    KeyedPart::File& entry = uploaded.emplace_back();
    entry.name = file.name;
    const auto table = known.find(file.name);
    if (file.is_immutable && table != known.end()) {
      entry.blob.file = table->second;
      continue;
    }
    const std::string path = absl::StrCat(folder, "/", file.name);
    if (file.size_bytes <= kInlineBytes && !file.is_immutable) {
      ASSIGN_OR_RETURN(entry.blob.inlined, disk.Read(path));
      continue;
    }
    FileRef& object = entry.blob.file.emplace();
    object.name = next_name();
    RETURN_IF_ERROR(
        Measure(disk, path, &object.size_bytes, &object.crc32c));
    RETURN_IF_ERROR(store.PutFile(object.name, path));
  }
  return uploaded;
}

absl::Status DownloadStoreFiles(const KeyedPart& part,
                                const std::string& folder, Disk& disk,
                                ObjectStore& store) {
  RETURN_IF_ERROR(disk.MakeDirectory(folder));
  for (const KeyedPart::File& file : part.files) {
    const std::string path = absl::StrCat(folder, "/", file.name);
    if (!IsTable(file.name) || !file.blob.file) {
      ASSIGN_OR_RETURN(const std::string bytes,
                       ReadVerified(store, file.blob));
      RETURN_IF_ERROR(WriteFile(disk, path, bytes));
      continue;
    }
    const absl::Status fetched = store.GetFile(file.blob.file->name, path);
    if (absl::IsNotFound(fetched)) {
      return absl::DataLossError(absl::StrCat(
          "the checkpoint's object ", file.blob.file->name, " is missing"));
    }
    RETURN_IF_ERROR(fetched);
    int64_t size_bytes = 0;
    uint32_t crc32c = 0;
    RETURN_IF_ERROR(Measure(disk, path, &size_bytes, &crc32c));
    RETURN_IF_ERROR(VerifyFile(*file.blob.file, size_bytes, crc32c));
  }
  return absl::OkStatus();
}

KnownTables TablesOf(const std::vector<KeyedPart::File>& files) {
  KnownTables tables;
  for (const KeyedPart::File& file : files) {
    if (IsTable(file.name) && file.blob.file) {
      tables.emplace(file.name, *file.blob.file);
    }
  }
  return tables;
}

}  // namespace millrace
