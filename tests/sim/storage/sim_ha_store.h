#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/rng.h"
#include "state/storage/ha_store.h"

namespace millrace {

// Records in memory that take every liberty that ha_store.h leaves them: a
// write that ends kUnknown was written, was not, or lands before some later
// call, if it then still fits. Thread-safe; serves any number of processes.
class SimHaStore final : public HaStore {
 public:
  struct Faults {
    double unavailable = 0;  // Of each call: it did nothing.
    double unknown = 0;      // Of each write: only later calls tell.
  };
  struct Counts {
    int64_t unavailable = 0;
    int64_t unknown_written = 0;
    int64_t unknown_not_written = 0;
    int64_t unknown_delayed = 0;
    int64_t delayed_landed = 0;
  };

  explicit SimHaStore(uint64_t seed);

  void set_faults(const Faults& faults);
  // Told of each write as it is made; nullopt: the record is gone. Does not
  // call back.
  using Watch = std::function<void(const std::string& name,
                                   const std::optional<std::string>& value)>;
  void set_watch(Watch watch);
  Counts counts() const;

  absl::StatusOr<std::optional<Record>> Read(const std::string& name) override;
  absl::StatusOr<int64_t> CompareAndSwap(const std::string& name,
                                         int64_t expected,
                                         absl::string_view value) override;
  absl::Status CompareAndDelete(const std::string& name,
                                int64_t expected) override;

 private:
  struct Stored {
    int64_t version = 0;
    std::optional<std::string> value;
  };
  struct Write {
    std::string name;
    int64_t expected = 0;
    std::optional<std::string> value;
  };

  absl::StatusOr<int64_t> Begin(Write write) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<int64_t> Apply(const Write& write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status BeginCall() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Happens(double chance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return rng_.Unit() < chance;
  }

  mutable absl::Mutex mutex_;
  Rng rng_ ABSL_GUARDED_BY(mutex_);
  Faults faults_ ABSL_GUARDED_BY(mutex_);
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Stored> records_ ABSL_GUARDED_BY(mutex_);
  std::vector<Write> delayed_ ABSL_GUARDED_BY(mutex_);
  Watch watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
