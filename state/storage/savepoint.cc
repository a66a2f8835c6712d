#include "state/storage/savepoint.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "state/storage/verified_read.h"

namespace millrace {
namespace {

constexpr char kManifestName[] = "manifest";

// `manifest` with every file copied from one store to another, each once, under
// the name that `name_of` gives the n-th.
absl::StatusOr<Manifest> CopyFiles(
    Manifest manifest, ObjectStore& from, ObjectStore& to,
    absl::FunctionRef<std::string(size_t)> name_of) {
  absl::flat_hash_map<std::string, std::string> copied;
  for (OperatorSnapshot& snapshot : manifest.operators) {
    for (KeyedPart& part : snapshot.parts) {
      for (KeyedPart::File& file : part.files) {
        if (!file.blob.file.has_value()) continue;
        FileRef& ref = *file.blob.file;
        const auto [at, is_new] =
            copied.try_emplace(ref.name, name_of(copied.size()));
        if (is_new) {
          ASSIGN_OR_RETURN(const std::string bytes, ReadVerified(from, ref));
          RETURN_IF_ERROR(to.Put(at->second, bytes));
        }
        ref.name = at->second;
      }
    }
  }
  return manifest;
}

}  // namespace

absl::Status ExportSavepoint(const Manifest& manifest, ObjectStore& from,
                             ObjectStore& to) {
  ASSIGN_OR_RETURN(Manifest exported,
                   CopyFiles(manifest, from, to, [](size_t number) {
                     return absl::StrCat("state-", number);
                   }));
  exported.is_savepoint = true;
  return to.Put(kManifestName, EncodeManifest(exported));
}

absl::StatusOr<Manifest> ImportSavepoint(ObjectStore& from, ObjectStore& to,
                                         const std::string& job_id,
                                         const std::string& prefix) {
  ASSIGN_OR_RETURN(const std::string bytes, from.Get(kManifestName));
  ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(bytes));
  ASSIGN_OR_RETURN(Manifest imported,
                   CopyFiles(std::move(manifest), from, to,
                             [&](size_t number) {
                               return absl::StrCat(prefix, number);
                             }));
  imported.job_id = job_id;
  return imported;
}

Manifest WithoutOutput(Manifest manifest) {
  for (OperatorSnapshot& snapshot : manifest.operators) {
    std::erase_if(snapshot.lists, [](const ItemList& list) {
      return absl::EndsWith(list.name, kPendingOutput) ||
             absl::EndsWith(list.name, kOpenOutput);
    });
  }
  return manifest;
}

}  // namespace millrace
