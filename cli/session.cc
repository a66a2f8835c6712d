#include "cli/session.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/config_keys.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "sql/catalog/session_config.h"

namespace millrace {
namespace {

constexpr char kDefaultConfigFile[] = "millrace.yaml";

// Puts `from` over `config`, with the session's own checks.
absl::Status Overlay(const ConfigMap& from, const std::string& origin,
                     ConfigMap& config) {
  sql::SessionConfig checked;
  for (const auto& [key, value] : from) {
    if (const absl::Status status = checked.Set(key, value); !status.ok()) {
      return Annotate(status, origin);
    }
    config[key] = checked.Get(key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ConfigMap> LoadConfig(const JobArguments& arguments) {
  ConfigMap config;
  std::string file = arguments.config_file;
  if (file.empty() && std::filesystem::exists(kDefaultConfigFile)) {
    file = kDefaultConfigFile;
  }
  if (!file.empty()) {
    ASSIGN_OR_RETURN(const ConfigMap read, ReadConfigFile(file));
    RETURN_IF_ERROR(Overlay(read, file, config));
  }
  ConfigMap defined;
  for (const std::string& definition : arguments.definitions) {
    ASSIGN_OR_RETURN(auto entry, ParseConfigArgument(definition));
    defined[entry.first] = entry.second;
  }
  if (arguments.parallelism > 0) {
    defined["parallelism.default"] = absl::StrCat(arguments.parallelism);
  }
  RETURN_IF_ERROR(Overlay(defined, "command line", config));
  return config;
}

absl::StatusOr<std::string> ReadJobFile(const std::string& path) {
  std::stringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) {
    return UserError({.code = "CLI-0001",
                      .what = absl::StrCat("'", path, "' cannot be read"),
                      .where = "the command line",
                      .why = std::filesystem::is_directory(path)
                                 ? "it is a directory"
                             : std::filesystem::exists(path)
                                 ? "it may not be opened"
                                 : "there is no such file",
                      .fix = "Name a file of SQL, or a plan that `millrace "
                             "compile` wrote."});
  }
  text << file.rdbuf();
  return text.str();
}

std::string ConfigValue(const ConfigMap& config, const std::string& key) {
  const auto found = config.find(key);
  if (found != config.end()) return found->second;
  const ConfigKey* known = FindConfigKey(key);
  return known == nullptr ? "" : std::string(known->default_value);
}

std::string ConfigValueOr(const ConfigMap& config, const std::string& key,
                          std::string otherwise) {
  std::string value = ConfigValue(config, key);
  return value.empty() ? std::move(otherwise) : value;
}

bool IsPlan(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

}  // namespace millrace
