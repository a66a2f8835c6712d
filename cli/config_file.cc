#include "cli/config_file.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "yaml-cpp/yaml.h"

namespace millrace {
namespace {

std::string Place(absl::string_view name, const YAML::Mark& mark) {
  return absl::StrCat(name, ", line ", mark.line + 1);
}

// Adds everything below `node` to `out` under `prefix`.
absl::Status Flatten(const YAML::Node& node, const std::string& prefix,
                     absl::string_view name, ConfigMap& out) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      RETURN_IF_ERROR(Flatten(entry.second,
                              prefix.empty() ? key
                                             : absl::StrCat(prefix, ".", key),
                              name, out));
    }
    return absl::OkStatus();
  }
  std::string value;
  if (node.IsSequence()) {
    for (const YAML::Node& item : node) {
      absl::StrAppend(&value, value.empty() ? "" : ";",
                      item.as<std::string>(""));
    }
  } else if (node.IsScalar()) {
    value = node.as<std::string>();
  }
  if (prefix.empty()) {
    return UserError({.code = "CFG-0011",
                      .what = "the configuration is not a map of keys",
                      .where = Place(name, node.Mark()),
                      .why = "",
                      .fix = "Write lines of the form `key: value`."});
  }
  if (!out.emplace(prefix, std::move(value)).second) {
    return UserError({.code = "CFG-0012",
                      .what = absl::StrCat("key '", prefix, "' is set twice"),
                      .where = Place(name, node.Mark()),
                      .why = "",
                      .fix = "Keep one of them."});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ConfigMap> ParseConfig(absl::string_view text,
                                      absl::string_view name) {
  ConfigMap config;
  // The library reports bad YAML by exceptions; they end here.
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return config;
    RETURN_IF_ERROR(Flatten(root, "", name, config));
  } catch (const YAML::Exception& error) {
    return UserError({.code = "CFG-0011",
                      .what = "the configuration cannot be read",
                      .where = Place(name, error.mark),
                      .why = error.msg,
                      .fix = "Write lines of the form `key: value`."});
  }
  return config;
}

absl::StatusOr<ConfigMap> ReadConfigFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return UserError({.code = "CFG-0014",
                      .what = "the configuration file cannot be read",
                      .where = path,
                      .why = "it does not exist or may not be opened",
                      .fix = "Check the path given with --config."});
  }
  return ParseConfig(text.str(), path);
}

absl::StatusOr<std::pair<std::string, std::string>> ParseConfigArgument(
    absl::string_view argument) {
  const size_t equals = argument.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return UserError({.code = "CFG-0013",
                      .what = absl::StrCat("-D ", argument,
                                           " is not of the form key=value"),
                      .where = "the command line",
                      .why = "",
                      .fix = "Write for example -D parallelism.default=2."});
  }
  return std::pair(std::string(argument.substr(0, equals)),
                   std::string(argument.substr(equals + 1)));
}

}  // namespace millrace
