#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/disk.h"
#include "state/storage/ha_store.h"
#include "state/storage/writing_folder.h"

namespace millrace {

// Records as files of a folder that every process concerned reaches: the
// HaStore of an embedded run and of a cluster with a common folder.
//
//   FOLDER/<name, escaped>.v/<version>  an Envelope (envelope.h) with the magic
//                             "MLRRECRD":
//                               0  8  version, little endian
//                               8  1  1: a value, 0: deleted
//                               9  .  value
//   FOLDER/<name, escaped>    the same, of format 1 (one file a record): read
//                             where there is no later version. Where there are
//                             any, or soon will be, a marker that the record
//                             has moved: the same as an Envelope of version 2,
//                             refused by format 1; version 0: there was none.
//   FOLDER/.writing/          see writing_folder.h
//
// The highest version counts. A file gets its name by a link, which fails where
// there is one of that name: of two writers one is refused. No lock is held, so
// that a process that stands still, in the middle of a write, hinders nobody,
// with two exceptions that wait for one another (FOLDER/.lock): the first write
// of a record, which shuts out format 1, whose writers hold that lock; and any
// write where the file system has no links.
//
// A late writer may make an old version anew, long after that was removed: it
// finds much higher ones beside it, and nobody else looks at it. The last ones
// before the highest stay: from them a writer that is overtaken sees that it
// was not late, and a folder that is being listed never looks empty.
//
// A record that was deleted leaves its version, so that none is given twice.
// What a Read shows is durable. A record that is damaged is kDataLoss, never
// taken for none.
class LocalHaStore final : public HaStore {
 public:
  struct Options {
    std::string folder;
    std::string writer = "local";  // See WritingFolder::Open.
  };

  // `disk` outlives the store.
  static absl::StatusOr<std::unique_ptr<LocalHaStore>> Open(
      Disk* disk, const Options& options);

  absl::StatusOr<std::optional<Record>> Read(const std::string& name) override;
  absl::StatusOr<int64_t> CompareAndSwap(const std::string& name,
                                         int64_t expected,
                                         absl::string_view value) override;
  absl::Status CompareAndDelete(const std::string& name,
                                int64_t expected) override;

  // Removes what writers left on its way that are not alive.
  absl::Status SweepWriters(
      const std::function<bool(absl::string_view writer)>& is_alive) {
    return on_its_way_->SweepWriters(is_alive);
  }

 private:
  // What a file holds; version 0: there is none.
  struct Stored {
    int64_t version = 0;
    std::optional<std::string> value;
    bool is_first = false;  // It lies where format 1 has it,
    bool is_moved_marker = false;  // and is one that format 1 refuses.
  };

  LocalHaStore(Disk* disk, std::string folder,
               std::unique_ptr<WritingFolder> on_its_way,
               std::string marker);

  std::string FirstPathOf(const std::string& name) const;
  std::string FolderOf(const std::string& name) const;
  std::string PathOf(const std::string& name, int64_t version) const;
  // Ascending.
  absl::StatusOr<std::vector<int64_t>> Versions(const std::string& name);
  absl::StatusOr<Stored> Load(const std::string& name);
  absl::StatusOr<Stored> LoadFile(const std::string& path, bool is_first);
  absl::StatusOr<int64_t> Replace(const std::string& name, int64_t expected,
                                  std::optional<std::string> value);
  // Before the first write of a record: who knows format 1 alone takes it
  // neither for what it was nor for none. kAborted: it is no longer `before`.
  absl::Status ShutOutFormat1(const std::string& name, const Stored& before);
  // The same, under the lock. `stored`: what the record is.
  absl::Status MarkMoved(const std::string& name, const Stored& stored);
  absl::StatusOr<std::unique_ptr<Disk::Lock>> Lock();
  absl::Status Publish(const std::string& written, const std::string& path);
  // Of a Publish of `version` that was OK: whether it counts.
  absl::Status Confirm(const std::string& name, int64_t version);

  Disk* const disk_;
  const std::string folder_;
  const std::unique_ptr<WritingFolder> on_its_way_;
  // A marker of a record that never was; empty: it could not be written.
  const std::string never_marker_;
};

}  // namespace millrace
