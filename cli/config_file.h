#pragma once

#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Configuration by dotted key, as Flink writes it.
using ConfigMap = absl::btree_map<std::string, std::string>;

// Reads a YAML file of keys, dotted ("a.b: 1") or nested ("a: {b: 1}"), into
// one flat map. Lists become "x;y". Errors (CFG-001x) name file and line.
absl::StatusOr<ConfigMap> ReadConfigFile(const std::string& path);

// The same from text; `name` stands for the file in errors.
absl::StatusOr<ConfigMap> ParseConfig(absl::string_view text,
                                      absl::string_view name);

// Splits "key=value" of -D. CFG-0013 when there is no '=' or no key.
absl::StatusOr<std::pair<std::string, std::string>> ParseConfigArgument(
    absl::string_view argument);

}  // namespace millrace
