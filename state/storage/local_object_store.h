#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/disk.h"
#include "state/storage/object_store.h"
#include "state/storage/writing_folder.h"

namespace millrace {

// Objects as files of a folder that every process of the job can reach: a
// local disk, or a network's file system with atomic rename and hard links.
//
//   FOLDER/<object name>               whole and durable
//   FOLDER/.writing/<writer>/<number>  on its way (writing_folder.h)
//
// An object is written on its way, synced, renamed, and its folder synced.
// Parts of names may not begin with '.'. Folders that become empty are removed.
class LocalObjectStore final : public ObjectStore {
 public:
  struct Options {
    std::string folder;
    // Unlike that of any other process that lives: what is on its way under
    // this name is taken for a dead one's and removed.
    std::string writer = "local";
  };

  // `disk` outlives the store.
  static absl::StatusOr<std::unique_ptr<LocalObjectStore>> Open(
      Disk* disk, const Options& options);

  absl::Status Put(const std::string& name, absl::string_view bytes) override;
  absl::Status PutFile(const std::string& name,
                       const std::string& path) override;
  absl::StatusOr<std::string> Get(const std::string& name, int64_t offset,
                                  int64_t length) override;
  // Not durable: a power cut may take the file back.
  absl::Status GetFile(const std::string& name,
                       const std::string& path) override;
  absl::Status Delete(const std::string& name) override;
  absl::StatusOr<std::vector<Object>> List(const std::string& prefix) override;

  // Removes what other writers left on its way that are not alive.
  absl::Status SweepWriters(
      const std::function<bool(absl::string_view writer)>& is_alive) {
    return on_its_way_->SweepWriters(is_alive);
  }

 private:
  LocalObjectStore(Disk* disk, std::string folder,
                   std::unique_ptr<WritingFolder> on_its_way);

  std::string PathOf(const std::string& name) const;
  // Makes the object of a file on its way, which is gone afterwards.
  absl::Status MoveIn(const std::string& on_its_way, const std::string& name);
  absl::Status CopyIn(const std::string& path, const std::string& name);
  absl::Status ListFolder(const std::string& folder,
                          const std::string& prefix,
                          std::vector<Object>& objects);

  Disk* const disk_;
  const std::string folder_;
  const std::unique_ptr<WritingFolder> on_its_way_;
};

}  // namespace millrace
