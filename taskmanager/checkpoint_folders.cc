#include "taskmanager/checkpoint_folders.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {
namespace {

// A name that is part of a folder's.
std::string WriterName(std::string name) {
  for (char& letter : name) {
    if (!absl::ascii_isalnum(letter) && letter != '.') letter = '_';
  }
  return name;
}

}  // namespace

CheckpointFolders::CheckpointFolders(Disk* disk, std::string writer,
                                     int64_t life)
    : disk_(disk),
      prefix_(absl::StrCat("tm-", WriterName(std::move(writer)), "-")),
      writer_(absl::StrCat(prefix_, absl::Hex(life))) {}

absl::StatusOr<ObjectStore*> CheckpointFolders::Open(
    const std::string& folder) {
  VisibleMutexLock lock(&mutex_);
  if (const auto found = stores_.find(folder); found != stores_.end()) {
    return found->second.get();
  }
  ASSIGN_OR_RETURN(auto store,
                   LocalObjectStore::Open(
                       disk_, {.folder = folder, .writer = writer_}));
  // What stays takes room, no more.
  store
      ->SweepWriters([this](absl::string_view writer) {
        return writer == writer_ || !absl::StartsWith(writer, prefix_);
      })
      .IgnoreError();
  return stores_.emplace(folder, std::move(store)).first->second.get();
}

}  // namespace millrace
