#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/base/disk.h"
#include "state/storage/ha_store.h"
#include "state/storage/object_store.h"
#include "tests/sim/scheduler.h"

namespace millrace::sim {

// A store as one process reaches it: after the process has died, every call is
// kUnavailable and does nothing. What lies behind outlives it.

class GatedObjectStore final : public ObjectStore {
 public:
  GatedObjectStore(ObjectStore* store, ProcessRef process,
                   const Scheduler* scheduler)
      : store_(store), process_(std::move(process)), scheduler_(scheduler) {}

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
  ObjectStore* const store_;
  const ProcessRef process_;
  const Scheduler* const scheduler_;
};

class GatedHaStore final : public HaStore {
 public:
  GatedHaStore(HaStore* store, ProcessRef process)
      : store_(store), process_(std::move(process)) {}

  absl::StatusOr<std::optional<Record>> Read(const std::string& name) override;
  absl::StatusOr<int64_t> CompareAndSwap(const std::string& name,
                                         int64_t expected,
                                         absl::string_view value) override;
  absl::Status CompareAndDelete(const std::string& name,
                                int64_t expected) override;

 private:
  HaStore* const store_;
  const ProcessRef process_;
};

class GatedDisk final : public Disk {
 public:
  GatedDisk(Disk* disk, ProcessRef process, const Scheduler* scheduler)
      : disk_(disk), process_(std::move(process)), scheduler_(scheduler) {}

  absl::StatusOr<std::unique_ptr<File>> Create(
      const std::string& path) override;
  absl::StatusOr<std::string> Read(const std::string& path, int64_t offset,
                                   int64_t length) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Link(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<Entry>> List(
      const std::string& directory) override;
  absl::Status MakeDirectory(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::Status SyncFile(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<Lock>> Acquire(const std::string& path,
                                                IfHeld if_held) override;

 private:
  class GatedFile;

  Disk* const disk_;
  const ProcessRef process_;
  const Scheduler* const scheduler_;
};

}  // namespace millrace::sim
