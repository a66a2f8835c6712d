#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/disk.h"
#include "runtime/base/rng.h"
#include "state/storage/object_store.h"

namespace millrace {

// The objects that all machines of a simulation see. Thread-safe.
class SimBucket {
 public:
  struct Faults {
    double unavailable = 0;  // Of each call: it did nothing (503).
    double ambiguous = 0;    // Of each Put and Delete: done, and said to fail.
    // How many calls a List may be behind: it leaves out what was put since,
    // and shows what was deleted.
    int64_t list_lag = 0;
  };
  struct Counts {
    int64_t unavailable = 0;
    int64_t ambiguous = 0;
    int64_t stale_lists = 0;
    int64_t puts = 0;
    int64_t deletes = 0;
  };

  explicit SimBucket(uint64_t seed) : rng_(seed) {}

  void set_faults(const Faults& faults);
  Counts counts() const;

  // Turns one bit of an object over. REQUIRES: there is such a bit.
  void FlipBit(const std::string& name, int64_t bit);
  // Leaves only the first `size_bytes`. REQUIRES: there are more.
  void Cut(const std::string& name, int64_t size_bytes);
  // What is there in truth.
  std::vector<std::string> Names() const;

 private:
  friend class SimObjectStore;
  struct Stored {
    std::string bytes;
    int64_t put_at = 0;
  };

  absl::Status BeginCall() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status EndChange() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Happens(double chance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return rng_.Unit() < chance;
  }

  mutable absl::Mutex mutex_;
  Rng rng_ ABSL_GUARDED_BY(mutex_);
  Faults faults_ ABSL_GUARDED_BY(mutex_);
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Stored> objects_ ABSL_GUARDED_BY(mutex_);
  // When, and how large: for a List that is behind.
  std::map<std::string, std::pair<int64_t, int64_t>> deleted_
      ABSL_GUARDED_BY(mutex_);
};

// How one machine, with `disk` for its files, reaches a bucket. Both outlive
// it.
class SimObjectStore final : public ObjectStore {
 public:
  SimObjectStore(SimBucket* bucket, Disk* disk)
      : bucket_(bucket), disk_(disk) {}

  absl::Status Put(const std::string& name, absl::string_view bytes) override;
  absl::Status PutFile(const std::string& name,
                       const std::string& path) override;
  absl::StatusOr<std::string> Get(const std::string& name, int64_t offset,
                                  int64_t length) override;
  absl::Status GetFile(const std::string& name,
                       const std::string& path) override;
  absl::Status Delete(const std::string& name) override;
  absl::StatusOr<std::vector<Object>> List(const std::string& prefix) override;

 private:
  SimBucket* const bucket_;
  Disk* const disk_;
};

}  // namespace millrace
