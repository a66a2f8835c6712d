#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "state/rocksdb_folder.h"
#include "state/state_backend.h"

namespace millrace {

// One keyed state's view of its operator's store: reads on the executor, whose
// answer comes back by Poll.
class RocksDbReads final : public StateStore {
 public:
  RocksDbReads(std::shared_ptr<RocksDbFolder> folder, int32_t state_id)
      : folder_(std::move(folder)),
        state_id_(state_id),
        resident_(folder_->spare()) {}

  void BeginRead(std::vector<Entry> keys) override;
  void BeginScan(std::vector<Entry> prefixes) override;
  void BeginSweep(KeyGroup group, std::string after, size_t limit) override;
  absl::StatusOr<std::optional<std::vector<Entry>>> Poll() override;
  int64_t MayHold(const SpareMemory::Request& request) override {
    return resident_.Ask(request);
  }
  int64_t run_bytes() const override;
  absl::StatusOr<bool> IsBehind() override;

 private:
  using Work = std::function<absl::StatusOr<std::vector<Entry>>()>;
  void Begin(Work work);

  // Where the executor leaves its answer.
  struct Answer {
    absl::Mutex mutex;
    std::optional<absl::StatusOr<std::vector<Entry>>> entries
        ABSL_GUARDED_BY(mutex);
  };

  const std::shared_ptr<RocksDbFolder> folder_;
  const int32_t state_id_;
  SpareMemory::Member resident_;
  std::shared_ptr<Answer> answer_;
};

}  // namespace millrace
