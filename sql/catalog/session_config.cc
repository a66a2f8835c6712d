#include "sql/catalog/session_config.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/config_keys.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/options.h"

namespace millrace::sql {
namespace {

using Type = ConfigKey::Type;

absl::string_view Expected(Type type) {
  switch (type) {
    case Type::kInt: return "a whole number";
    case Type::kBool: return "true or false";
    case Type::kDouble: return "a number";
    case Type::kDuration: return "a duration such as '200 ms' or '1 min'";
    case Type::kSize: return "a size such as '64 mb'";
    case Type::kZone: return "a time zone such as 'UTC' or 'Europe/Berlin'";
    case Type::kText: break;
  }
  return "text";
}

// `value` as `key` has it, where the key's values are few; nullopt: not one
// of them.
std::optional<std::string> Chosen(absl::string_view key,
                                  absl::string_view value) {
  const std::vector<absl::string_view> choices = ConfigChoices(key);
  if (choices.empty()) return std::string(value);
  for (absl::string_view choice : choices) {
    if (absl::EqualsIgnoreCase(choice, value)) return std::string(choice);
  }
  return std::nullopt;
}

bool Suits(Type type, absl::string_view value) {
  int64_t whole = 0;
  double real = 0;
  const std::string lower = absl::AsciiStrToLower(value);
  switch (type) {
    case Type::kInt: return absl::SimpleAtoi(value, &whole);
    case Type::kBool: return lower == "true" || lower == "false";
    case Type::kDouble: return absl::SimpleAtod(value, &real);
    case Type::kDuration: return ParseDuration(value).ok();
    case Type::kSize: return ParseSizeBytes(value).ok();
    case Type::kZone:
      return value == "default" || TimeZone::Find(value).ok();
    case Type::kText: break;
  }
  return true;
}

absl::Status UnknownKey(absl::string_view key) {
  std::vector<std::string> names;
  for (const ConfigKey& entry : AllConfigKeys()) {
    names.emplace_back(entry.key);
  }
  const std::string nearest = NearestName(key, names);
  return UserError({.code = "CFG-0001",
                    .what = absl::StrCat("there is no configuration key '",
                                         key, "'"),
                    .where = {},
                    .why = {},
                    .fix = nearest.empty()
                               ? ""
                               : absl::StrCat("Did you mean '", nearest,
                                              "'?")});
}

}  // namespace

absl::Status SessionConfig::Set(absl::string_view key,
                                absl::string_view value) {
  const ConfigKey* entry = FindConfigKey(key);
  if (entry == nullptr) return UnknownKey(key);
  if (entry->effect == ConfigKey::Effect::kRefused) {
    return UserError(
        {.code = "CFG-0004",
         .what = absl::StrCat("'", key, "' is not built yet"),
         .where = {},
         .why = "a job that asks for it would run without it unnoticed",
         .fix = "Take the key out."});
  }
  std::optional<std::string> chosen = Chosen(key, value);
  if (!chosen || !Suits(entry->type, value)) {
    return UserError(
        {.code = "CFG-0002",
         .what = absl::StrCat("'", key, "' cannot be '", value, "'"),
         .where = {},
         .why = absl::StrCat(
             "it takes ",
             chosen ? std::string(Expected(entry->type))
                    : absl::StrJoin(ConfigChoices(key), ", ")),
         .fix = {}});
  }
  values_[std::string(key)] = *std::move(chosen);
  return absl::OkStatus();
}

absl::Status SessionConfig::Reset(absl::string_view key) {
  if (FindConfigKey(key) == nullptr) return UnknownKey(key);
  values_.erase(std::string(key));
  const auto initial = initial_.find(std::string(key));
  if (initial != initial_.end()) values_.insert(*initial);
  return absl::OkStatus();
}

bool SessionConfig::IsSet(absl::string_view key) const {
  return values_.contains(std::string(key));
}

std::string SessionConfig::Get(absl::string_view key) const {
  const auto found = values_.find(std::string(key));
  if (found != values_.end()) return found->second;
  const ConfigKey* entry = FindConfigKey(key);
  return entry == nullptr ? "" : std::string(entry->default_value);
}

int64_t SessionConfig::Int(absl::string_view key) const {
  int64_t value = 0;
  return absl::SimpleAtoi(Get(key), &value) ? value : 0;
}

int64_t SessionConfig::DurationMillis(absl::string_view key) const {
  const auto duration = ParseDuration(Get(key));
  return duration.ok() ? absl::ToInt64Milliseconds(*duration) : 0;
}

absl::StatusOr<TimeZone> SessionConfig::LocalTimeZone() const {
  const std::string id = Get("table.local-time-zone");
  if (id.empty() || id == "default") return TimeZone();
  return TimeZone::Find(id);
}

int SessionConfig::Parallelism() const {
  int64_t parallelism = Int("table.exec.resource.default-parallelism");
  if (parallelism <= 0) parallelism = Int("parallelism.default");
  return parallelism > 0 ? static_cast<int>(parallelism) : 1;
}

}  // namespace millrace::sql
