#include "state/storage/savepoint.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "state/storage/pending_output.h"
#include "state/storage/verified_read.h"

namespace millrace {
namespace {

constexpr char kManifestName[] = "manifest";

// Copies files from one store to another, each once, under the name that
// `name_of` gives the n-th.
class FileCopier {
 public:
  FileCopier(ObjectStore& from, ObjectStore& to,
             absl::FunctionRef<std::string(size_t)> name_of)
      : from_(from), to_(to), name_of_(name_of) {}

  // `ref` has the new name then.
  absl::Status Copy(FileRef& ref) {
    const auto [at, is_new] =
        copied_.try_emplace(ref.name, name_of_(copied_.size()));
    if (is_new) {
      ASSIGN_OR_RETURN(const std::string bytes, ReadVerified(from_, ref));
      RETURN_IF_ERROR(to_.Put(at->second, bytes));
    }
    ref.name = at->second;
    return absl::OkStatus();
  }

  absl::Status CopyOutput(std::string& item) {
    ASSIGN_OR_RETURN(std::vector<PendingOutput> pieces,
                     DecodePendingItem(item));
    for (PendingOutput& piece : pieces) {
      for (FileRef& file : piece.files) RETURN_IF_ERROR(Copy(file));
    }
    item = EncodePendingItem(pieces);
    return absl::OkStatus();
  }

 private:
  ObjectStore& from_;
  ObjectStore& to_;
  const absl::FunctionRef<std::string(size_t)> name_of_;
  absl::flat_hash_map<std::string, std::string> copied_;
};

// `manifest` with every file copied.
absl::StatusOr<Manifest> CopyFiles(Manifest manifest, FileCopier copier) {
  for (OperatorSnapshot& snapshot : manifest.operators) {
    for (KeyedPart& part : snapshot.parts) {
      for (KeyedPart::File& file : part.files) {
        if (!file.blob.file) continue;
        RETURN_IF_ERROR(copier.Copy(*file.blob.file));
      }
    }
    for (ItemList& list : snapshot.lists) {
      if (!IsPendingOutput(list)) continue;
      for (std::string& item : list.items) {
        RETURN_IF_ERROR(copier.CopyOutput(item));
      }
    }
  }
  return manifest;
}

}  // namespace

absl::Status ExportSavepoint(const Manifest& manifest, ObjectStore& from,
                             ObjectStore& to) {
  ASSIGN_OR_RETURN(Manifest exported,
                   CopyFiles(manifest, {from, to, [](size_t number) {
                               return absl::StrCat("state-", number);
                             }}));
  exported.is_savepoint = true;
  return to.Put(kManifestName, EncodeManifest(exported));
}

absl::StatusOr<Manifest> ImportSavepoint(Manifest manifest, ObjectStore& from,
                                         ObjectStore& to,
                                         const std::string& job_id,
                                         const std::string& prefix) {
  ASSIGN_OR_RETURN(Manifest imported,
                   CopyFiles(std::move(manifest),
                             {from, to, [&](size_t number) {
                                return absl::StrCat(prefix, number);
                              }}));
  imported.job_id = job_id;
  return imported;
}

Manifest WithoutOutput(Manifest manifest) {
  for (OperatorSnapshot& snapshot : manifest.operators) {
    std::erase_if(snapshot.lists, [](const ItemList& list) {
      return IsPendingOutput(list) ||
             absl::EndsWith(list.name, kOpenOutput);
    });
  }
  return manifest;
}

}  // namespace millrace
