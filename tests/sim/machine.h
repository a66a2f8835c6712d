#pragma once

#include <memory>
#include <utility>

#include "state/storage/ha_store.h"
#include "state/storage/object_store.h"
#include "tests/sim/gated_stores.h"
#include "tests/sim/scenario.h"
#include "tests/sim/storage/sim_disk.h"
#include "tests/sim/storage/sim_ha_store.h"
#include "tests/sim/storage/sim_object_store.h"

namespace millrace::sim {

// What keeps things in a simulated cluster: a machine's disk, and an object and
// a record store, as models or, for a scenario that says so, the real ones over
// that disk.
class Machine {
 public:
  Machine(const Scenario& scenario, const Scheduler* scheduler);

  // The lines of all files below `folder` that may be read: none that is
  // hidden, and none in a hidden folder.
  absl::StatusOr<std::vector<std::string>> VisibleLines(
      const std::string& folder);

  // The stores as one process opens them; they outlive it and die with it.
  struct Stores {
    std::unique_ptr<GatedDisk> disk;
    std::unique_ptr<ObjectStore> inner_objects;
    std::unique_ptr<ObjectStore> objects;
    std::unique_ptr<HaStore> inner_records;
    std::unique_ptr<HaStore> records;
  };
  absl::StatusOr<Stores> Open(const ProcessRef& process);

  // A file as it is, whatever breaks.
  absl::StatusOr<std::string> Peek(const std::string& path);

  void PowerCut() { disk_.PowerCut(); }
  // Told of each write of a record of the model.
  void WatchRecords(SimHaStore::Watch watch) {
    records_.set_watch(std::move(watch));
  }
  void Heal();

  // How often each kind of fault of these came.
  void AddCounts(std::array<int64_t, kFaultKinds>& counts) const;

 private:
  const Scenario scenario_;
  const Scheduler* const scheduler_;
  SimDisk disk_;
  SimDisk::Faults disk_faults_;
  SimBucket bucket_;
  SimHaStore records_;
};

}  // namespace millrace::sim
