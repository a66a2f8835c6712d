#pragma once

#include <memory>
#include <string>

#include "runtime/base/disk.h"
#include "state/storage/ha_store.h"

namespace millrace {

// Records as files of a folder of this machine: the HaStore of an embedded run
// and of a cluster on one machine.
//
//   FOLDER/<name, escaped>  an Envelope (envelope.h) with the magic "MLRRECRD":
//                             0  8  version, little endian
//                             8  1  1: a value, 0: deleted
//                             9  .  value
//   FOLDER/.lock            held during every call
//
// A record that was deleted leaves its version, so that none is given twice.
// What a Read shows is durable. A record that is damaged is kDataLoss, never
// taken for none.
class LocalHaStore final : public HaStore {
 public:
  // `disk` outlives the store.
  static absl::StatusOr<std::unique_ptr<LocalHaStore>> Open(
      Disk* disk, const std::string& folder);

  absl::StatusOr<std::optional<Record>> Read(const std::string& name) override;
  absl::StatusOr<int64_t> CompareAndSwap(const std::string& name,
                                         int64_t expected,
                                         absl::string_view value) override;
  absl::Status CompareAndDelete(const std::string& name,
                                int64_t expected) override;

 private:
  // What a file holds; version 0: there is none.
  struct Stored {
    int64_t version = 0;
    std::optional<std::string> value;
  };

  LocalHaStore(Disk* disk, const std::string& folder);

  std::string PathOf(const std::string& name) const;
  absl::StatusOr<std::unique_ptr<Disk::Lock>> Lock();
  absl::StatusOr<Stored> Load(const std::string& name);
  absl::StatusOr<int64_t> Replace(const std::string& name, int64_t expected,
                                  std::optional<std::string> value);

  Disk* const disk_;
  const std::string folder_;
};

}  // namespace millrace
