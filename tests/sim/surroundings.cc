#include "tests/sim/surroundings.h"

#include "absl/strings/str_cat.h"
#include "connectors/changelog_out/changelog_out_connector.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/formats/csv_format.h"
#include "connectors/formats/raw_format.h"
#include "tests/sim/sim_connector.h"

namespace millrace::sim {

std::string OutputFolder(const std::string& table) {
  return absl::StrCat("/output/", table);
}

std::string SinkOptions(Scenario::Sink sink, const std::string& table) {
  switch (sink) {
    case Scenario::Sink::kTable:
      return absl::StrCat("'connector'='sim', 'table'='", table, "'");
    case Scenario::Sink::kChangelog:
      return absl::StrCat("'connector'='changelog-out', 'mode'='retract', ",
                          "'path'='", OutputFolder(table), "'");
    default:
      // Parts that stay open over several checkpoints.
      return absl::StrCat(
          "'connector'='filesystem', 'format'='csv', 'path'='",
          OutputFolder(table), "', ",
          "'sink.rolling-policy.rollover-interval'='150 ms', ",
          "'sink.rolling-policy.check-interval'='20 ms'");
  }
}

void RegisterConnectors(ConnectorRegistry& registry, World* world) {
  RegisterSim(registry, world);
  RegisterCsvFormat(registry);
  RegisterRawFormat(registry);
  RegisterChangelogOutConnector(registry);
  RegisterFilesystemConnector(registry);
}

const FunctionRegistry& SimFunctions() {
  static const FunctionRegistry& functions = *[] {
    auto* made = new FunctionRegistry;
    RegisterBuiltinFunctions(*made);
    return made;
  }();
  return functions;
}

}  // namespace millrace::sim
