#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "runtime/connector/options.h"

namespace millrace::kafka {

// Java's client properties in librdkafka's words.
struct ClientProperties {
  absl::btree_map<std::string, std::string> values;
  // What was accepted without effect, in sentences, for the log.
  std::vector<std::string> notices;
};

// Translates the `properties.*` of a table (prefix taken off): names the two
// clients share pass through; `sasl.jaas.config` becomes user name and
// password; PEM and PKCS12 stores become files or inline PEM; tuning that only
// Java's client has is accepted with a notice. Refused (SQL-03xx) are JKS
// stores, with the keytool line that converts them, login modules without an
// equal, and names that neither client knows, with the nearest one.
absl::StatusOr<ClientProperties> TranslateProperties(
    const TableOptions& properties);

// The value as it may be shown: "***" for secrets.
std::string Redacted(absl::string_view key, absl::string_view value);

}  // namespace millrace::kafka
