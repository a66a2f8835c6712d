#include "taskmanager/state_backends.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"
#include "state/backend_choice.h"

namespace millrace {
namespace {

bool HasStores(const Manifest& manifest) {
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    for (const KeyedPart& part : snapshot.parts) {
      if (part.form == KeyedPart::Form::kRocksDb) return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<StateBackendConfig> ParseStateBackendConfig(
    const TableOptions& job, const TableOptions& cluster) {
  const ConfigLookup lookup(job, cluster);
  StateBackendConfig config;
  const std::string type =
      lookup.Text({"state.backend.type", "state.backend"}, "memory");
  const std::string name = absl::AsciiStrToLower(type);
  if (name == "rocksdb") {
    config.type = StateBackendConfig::Type::kRocksDb;
  } else if (!name.empty() && name != "memory" && name != "hashmap") {
    return BadConfigValue("state.backend.type", type,
                          "'memory' (Flink's 'hashmap'), or 'rocksdb' for "
                          "state that is larger than memory");
  }
  if (const std::string size = lookup.Text({"state.backend.cache.size"}, "");
      !size.empty()) {
    ASSIGN_OR_RETURN(config.resident_bytes, ParseSizeBytes(size));
  }
  return config;
}

absl::StatusOr<BackendMaker> StateBackends::MakeMaker() const {
  const bool on_disk = config.type == StateBackendConfig::Type::kRocksDb;
  const bool from_disk = restore != nullptr && HasStores(*restore);
  if (folder.empty() || (!on_disk && !from_disk)) return BackendMaker();
  ASSIGN_OR_RETURN(
      std::shared_ptr<const BackendChoice> choice,
      BackendChoice::Make({.type = on_disk ? "rocksdb" : "memory",
                           .folder = folder,
                           .disk = disk,
                           .executor = executor,
                           .memory = memory,
                           .resident_bytes = config.resident_bytes,
                           .open_store = open_store}));
  return BackendMaker([choice = std::move(choice)](
                          const BackendPlace& place, ObjectStore* store,
                          std::function<void()> wake) {
    return choice->NewBackend(place, store, std::move(wake));
  });
}

}  // namespace millrace
