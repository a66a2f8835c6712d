#include "cli/environment.h"

#include <cstdio>
#include <string>

#include "cli/terminal_connector.h"
#include "connectors/blackhole/blackhole_connector.h"
#include "connectors/changelog_out/changelog_out_connector.h"
#include "connectors/datagen/datagen_connector.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/formats/csv_format.h"
#include "connectors/formats/json/debezium_format.h"
#include "connectors/formats/json/json_format.h"
#include "connectors/formats/raw_format.h"
#include "connectors/kafka/kafka_connector.h"
#include "connectors/nexmark/nexmark_connector.h"
#include "connectors/print/print_connector.h"

namespace millrace {

std::unique_ptr<Environment> MakeEnvironment() {
  auto environment = std::make_unique<Environment>();
  RegisterBuiltinFunctions(environment->functions);

  ConnectorRegistry& connectors = environment->connectors;
  RegisterCsvFormat(connectors);
  RegisterDebeziumJsonFormat(connectors);
  RegisterJsonFormat(connectors);
  RegisterRawFormat(connectors);
  RegisterBlackholeConnector(connectors);
  RegisterChangelogOutConnector(connectors);
  RegisterDatagen(connectors);
  RegisterFilesystemConnector(connectors);
  RegisterKafka(connectors);
  RegisterNexmark(connectors);
  RegisterPrintConnector(connectors);
  RegisterTerminal(connectors, [](absl::string_view lines) {
    std::fwrite(lines.data(), 1, lines.size(), stdout);
    std::fflush(stdout);
  });
  return environment;
}

}  // namespace millrace
