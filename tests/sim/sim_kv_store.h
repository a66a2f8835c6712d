#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "state/kv_store.h"

namespace millrace::sim {

// A RocksDB without its log, on a simulated disk. What was written since the
// last table is in memory, and lost with the process; a link makes it a table,
// and now and then all tables one.
//
//   <number>.sst   "p key value", "e key", "d first limit", each text behind
//                  its length and a colon; what comes later counts
//   CURRENT        the next number, then the tables, oldest first
//
// No number is given twice in the life of a store, also of one that is restored
// from a link.
class SimKvStore final : public KvStore {
 public:
  static absl::StatusOr<std::unique_ptr<SimKvStore>> Open(
      const std::string& path, bool read_only, Disk* disk);

  absl::Status Write(const StoreRun& run) override;
  absl::Status Read(std::span<const absl::string_view> keys,
                    std::vector<std::optional<std::string>>& values) override;
  absl::Status Scan(absl::string_view first, absl::string_view limit,
                    absl::FunctionRef<absl::Status(absl::string_view,
                                                   absl::string_view)>
                        visit) override;
  absl::StatusOr<std::vector<File>> Link(const std::string& directory) override;

 private:
  SimKvStore(std::string path, Disk* disk)
      : path_(std::move(path)), disk_(disk) {}

  absl::Status Load();
  absl::Status Apply(absl::string_view table);
  void Erase(const std::string& first, const std::string& limit);
  // Makes a table of what is not in one.
  absl::Status Flush();
  std::string Current() const;

  const std::string path_;
  Disk* const disk_;
  int64_t next_number_ = 1;
  std::vector<std::string> tables_;  // Their names, oldest first.
  std::string unwritten_;            // A table to be.
  std::map<std::string, std::string> entries_;
};

// As a KvStoreOpener.
absl::StatusOr<std::unique_ptr<KvStore>> OpenSimKvStore(const std::string& path,
                                                        bool read_only,
                                                        Disk* disk);

}  // namespace millrace::sim
