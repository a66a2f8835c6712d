#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/config_file.h"

namespace millrace {

// What the verbs that take a job have in common on the command line.
struct JobArguments {
  std::string file;
  int parallelism = 0;  // 0 = as configured.
  std::vector<std::string> definitions;  // -D key=value
  std::string config_file;  // Empty: ./millrace.yaml, where there is one.
  bool fresh = false;  // Forgets what an earlier run of the same left.
  std::string savepoint;  // Of `run`: begins from it; empty: does not.
  std::string restore = "fork";  // Whose it is then: "fork" or "claim".
  bool allow_non_restored_state = false;  // -n: state without a place goes.
};

// The configuration file under -D under -p, every key checked against the
// table of known ones. Errors are CFG-00xx.
absl::StatusOr<ConfigMap> LoadConfig(const JobArguments& arguments);

// The text of a file; "-" is standard input. CLI-0001 when it cannot be read.
absl::StatusOr<std::string> ReadJobFile(const std::string& path);

// A key's value, or its default.
std::string ConfigValue(const ConfigMap& config, const std::string& key);
// The same, and `otherwise` where both are empty.
std::string ConfigValueOr(const ConfigMap& config, const std::string& key,
                          std::string otherwise);

// Whether the text is a JobPlan and not SQL.
bool IsPlan(const std::string& text);

}  // namespace millrace
