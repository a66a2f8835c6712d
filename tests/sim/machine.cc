#include "tests/sim/machine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "state/storage/local_ha_store.h"
#include "state/storage/local_object_store.h"

namespace millrace::sim {

Machine::Machine(const Scenario& scenario, const Scheduler* scheduler)
    : scenario_(scenario),
      scheduler_(scheduler),
      disk_(scenario.seed + 11),
      bucket_(scenario.seed + 12),
      records_(scenario.seed + 13) {
  const auto rate = [&](Fault fault) {
    return scenario.rates[static_cast<int>(fault)];
  };
  disk_faults_ = {.io_error = rate(Fault::kDiskError)};
  disk_.set_faults(disk_faults_);
  bucket_.set_faults({.unavailable = rate(Fault::kStoreUnavailable),
                      .ambiguous = rate(Fault::kStoreAmbiguous)});
  records_.set_faults({.unavailable = rate(Fault::kHaUnavailable),
                       .unknown = rate(Fault::kHaUnknown)});
}

absl::StatusOr<Machine::Stores> Machine::Open(const ProcessRef& process) {
  Stores stores;
  stores.disk = std::make_unique<GatedDisk>(&disk_, process, scheduler_);
  if (scenario_.stores_on_disk) {
    ASSIGN_OR_RETURN(stores.objects,
                     LocalObjectStore::Open(stores.disk.get(),
                                            {.folder = "/checkpoints",
                                             .writer = process->name}));
    ASSIGN_OR_RETURN(stores.records,
                     LocalHaStore::Open(stores.disk.get(),
                                        {.folder = "/records",
                                         .writer = process->name}));
    return stores;
  }
  stores.inner_objects =
      std::make_unique<SimObjectStore>(&bucket_, stores.disk.get());
  stores.objects = std::make_unique<GatedObjectStore>(
      stores.inner_objects.get(), process, scheduler_);
  stores.records = std::make_unique<GatedHaStore>(&records_, process);
  return stores;
}

absl::StatusOr<std::string> Machine::Peek(const std::string& path) {
  disk_.set_faults({});
  auto bytes = disk_.Read(path, 0, INT64_MAX);
  disk_.set_faults(disk_faults_);
  return bytes;
}

absl::StatusOr<std::vector<std::string>> Machine::VisibleLines(
    const std::string& folder) {
  std::vector<std::string> lines;
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> entries, disk_.List(folder));
  for (const Disk::Entry& entry : entries) {
    if (entry.name[0] == '.' || entry.name[0] == '_') continue;
    const std::string path = absl::StrCat(folder, "/", entry.name);
    if (entry.is_directory) {
      ASSIGN_OR_RETURN(const std::vector<std::string> below,
                       VisibleLines(path));
      lines.insert(lines.end(), below.begin(), below.end());
      continue;
    }
    ASSIGN_OR_RETURN(const std::string text,
                     disk_.Read(path, 0, entry.size_bytes));
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      if (!line.empty()) lines.emplace_back(line);
    }
  }
  return lines;
}

void Machine::Heal() {
  disk_faults_ = {};
  disk_.set_faults(disk_faults_);
  bucket_.set_faults({});
  records_.set_faults({});
}

void Machine::AddCounts(std::array<int64_t, kFaultKinds>& counts) const {
  const auto at = [&](Fault fault) -> int64_t& {
    return counts[static_cast<int>(fault)];
  };
  at(Fault::kDiskError) += disk_.counts().io_errors;
  at(Fault::kStoreUnavailable) += bucket_.counts().unavailable;
  at(Fault::kStoreAmbiguous) += bucket_.counts().ambiguous;
  const SimHaStore::Counts records = records_.counts();
  at(Fault::kHaUnavailable) += records.unavailable;
  at(Fault::kHaUnknown) += records.unknown_written +
                           records.unknown_not_written +
                           records.unknown_delayed;
}

}  // namespace millrace::sim
