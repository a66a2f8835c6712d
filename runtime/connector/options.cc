#include "runtime/connector/options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"
#include "runtime/base/nearest_name.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr absl::string_view kUnknownOption = "SQL-0901";
constexpr absl::string_view kMissingOption = "SQL-0902";
constexpr absl::string_view kBadOption = "SQL-0903";

absl::Status BadValue(absl::string_view key, absl::string_view value,
                      absl::string_view expected, absl::string_view example) {
  return UserError(
      {.code = kBadOption,
       .what = absl::StrCat("option '", key, "' = '", value, "' is not ",
                            expected),
       .fix = absl::StrCat("Write for example '", key, "' = '", example,
                           "'")});
}

absl::Status Missing(absl::string_view key, absl::string_view description) {
  return UserError({.code = kMissingOption,
                    .what = absl::StrCat("option '", key, "' is missing"),
                    .why = std::string(description),
                    .fix = absl::StrCat("Add '", key, "' = '...' to WITH")});
}

bool Knows(const OptionSpec& spec, absl::string_view key) {
  return spec.is_prefix ? absl::StartsWith(key, spec.key) : spec.key == key;
}

// Keys of every table, which the planner and the source operator read. Flink's
// other strategies of watermarks are accepted.
const std::vector<std::string>& KeysOfEveryTable() {
  static const auto& keys = *new std::vector<std::string>{
      "connector",
      "error-handling.mode",
      "error-handling.log.target",
      "scan.watermark.idle-timeout",
      "scan.watermark.emit.strategy",
      "scan.watermark.emit.on-event.gap",
      "scan.watermark.alignment.group",
      "scan.watermark.alignment.max-drift",
      "scan.watermark.alignment.update-interval"};
  return keys;
}

// What every table takes, checked here because no connector reads it.
absl::Status CheckOptionsOfEveryTable(const TableOptions& options) {
  static const auto& specs = *new std::vector<OptionSpec>;
  const OptionReader reader(options, specs);
  if (reader.Text("error-handling.mode")) {
    RETURN_IF_ERROR(reader
                        .OneOf("error-handling.mode",
                               {"quarantine", "fail", "drop"})
                        .status());
  }
  if (reader.Text("scan.watermark.idle-timeout")) {
    RETURN_IF_ERROR(reader.Duration("scan.watermark.idle-timeout").status());
  }
  return absl::OkStatus();
}

// Digits and then a unit; spaces may lie around either.
struct NumberAndUnit {
  int64_t number = 0;
  std::string unit;  // Lower case; empty where there is none.
};
std::optional<NumberAndUnit> SplitUnit(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const size_t digits = std::min(
      text.find_first_not_of("0123456789"), text.size());
  NumberAndUnit parts;
  if (!absl::SimpleAtoi(text.substr(0, digits), &parts.number)) {
    return std::nullopt;
  }
  parts.unit = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(text.substr(digits)));
  return parts;
}

struct Unit {
  int64_t factor;
  std::vector<absl::string_view> names;
};

// The factor of the unit called `name`; 0: there is none.
int64_t UnitFactor(const std::vector<Unit>& units, absl::string_view name) {
  for (const Unit& unit : units) {
    if (std::find(unit.names.begin(), unit.names.end(), name) !=
        unit.names.end()) {
      return unit.factor;
    }
  }
  return 0;
}

}  // namespace

std::optional<std::string> OptionReader::Text(absl::string_view key) const {
  if (const auto found = options_.find(key); found != options_.end()) {
    return found->second;
  }
  for (const OptionSpec& spec : specs_) {
    if (spec.key == key) return spec.default_value;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> OptionReader::RequiredText(
    absl::string_view key) const {
  if (auto text = Text(key)) return *std::move(text);
  for (const OptionSpec& spec : specs_) {
    if (spec.key == key) return Missing(key, spec.description);
  }
  return Missing(key, "");
}

absl::StatusOr<std::string> OptionReader::OneOf(
    absl::string_view key, const std::vector<std::string>& allowed) const {
  ASSIGN_OR_RETURN(const std::string text, RequiredText(key));
  for (const std::string& name : allowed) {
    if (absl::EqualsIgnoreCase(name, text)) return name;
  }
  const std::string nearest = NearestName(text, allowed);
  return BadValue(
      key, text, absl::StrCat("one of ", absl::StrJoin(allowed, ", ")),
      nearest.empty() && !allowed.empty() ? allowed.front() : nearest);
}

absl::StatusOr<int64_t> OptionReader::Int(absl::string_view key) const {
  ASSIGN_OR_RETURN(const std::string text, RequiredText(key));
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) {
    return BadValue(key, text, "a whole number", "100");
  }
  return value;
}

absl::StatusOr<double> OptionReader::Double(absl::string_view key) const {
  ASSIGN_OR_RETURN(const std::string text, RequiredText(key));
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) {
    return BadValue(key, text, "a number", "0.5");
  }
  return value;
}

absl::StatusOr<bool> OptionReader::Bool(absl::string_view key) const {
  ASSIGN_OR_RETURN(const std::string text, RequiredText(key));
  if (absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "false")) return false;
  return BadValue(key, text, "true or false", "true");
}

absl::StatusOr<absl::Duration> OptionReader::Duration(
    absl::string_view key) const {
  ASSIGN_OR_RETURN(const std::string text, RequiredText(key));
  auto value = ParseDuration(text);
  if (!value.ok()) return BadValue(key, text, "a duration", "500 ms");
  return value;
}

absl::StatusOr<int64_t> OptionReader::SizeBytes(absl::string_view key) const {
  ASSIGN_OR_RETURN(const std::string text, RequiredText(key));
  auto value = ParseSizeBytes(text);
  if (!value.ok()) return BadValue(key, text, "a size", "64 mb");
  return value;
}

std::vector<std::string> OptionReader::List(absl::string_view key) const {
  std::vector<std::string> items;
  const std::string text = Text(key).value_or("");
  for (absl::string_view item : absl::StrSplit(text, ';')) {
    item = absl::StripAsciiWhitespace(item);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

TableOptions OptionReader::WithPrefix(absl::string_view prefix) const {
  TableOptions taken;
  for (auto it = options_.lower_bound(prefix);
       it != options_.end() && absl::StartsWith(it->first, prefix); ++it) {
    taken.emplace(it->first.substr(prefix.size()), it->second);
  }
  return taken;
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  static const auto& units = *new std::vector<Unit>{
      {1, {"ns", "nano", "nanos", "nanosecond", "nanoseconds"}},
      {1'000,
       {"us", "\xC2\xB5s", "micro", "micros", "microsecond", "microseconds"}},
      {1'000'000,
       {"", "ms", "milli", "millis", "millisecond", "milliseconds"}},
      {1'000'000'000, {"s", "sec", "secs", "second", "seconds"}},
      {60'000'000'000, {"min", "m", "minute", "minutes"}},
      {3'600'000'000'000, {"h", "hour", "hours"}},
      {86'400'000'000'000, {"d", "day", "days"}}};
  const auto parts = SplitUnit(text);
  const int64_t factor = parts ? UnitFactor(units, parts->unit) : 0;
  if (factor == 0) {
    return UserError(
        {.code = kBadOption,
         .what = absl::StrCat("'", text, "' is not a duration"),
         .why = "a number with ns, us, ms, s, min, h or d is expected"});
  }
  return absl::Nanoseconds(factor) * parts->number;
}

absl::StatusOr<int64_t> ParseSizeBytes(absl::string_view text) {
  static const auto& units = *new std::vector<Unit>{
      {1, {"", "b", "byte", "bytes"}},
      {int64_t{1} << 10, {"k", "kb", "kibibyte", "kibibytes"}},
      {int64_t{1} << 20, {"m", "mb", "mebibyte", "mebibytes"}},
      {int64_t{1} << 30, {"g", "gb", "gibibyte", "gibibytes"}},
      {int64_t{1} << 40, {"t", "tb", "tebibyte", "tebibytes"}}};
  const auto parts = SplitUnit(text);
  const int64_t factor = parts ? UnitFactor(units, parts->unit) : 0;
  int64_t bytes = 0;
  if (factor == 0 ||
      __builtin_mul_overflow(parts->number, factor, &bytes)) {
    return UserError(
        {.code = kBadOption,
         .what = absl::StrCat("'", text, "' is not a size"),
         .why = "a number with b, kb, mb, gb or tb is expected"});
  }
  return bytes;
}

absl::Status ValidateOptions(absl::string_view owner,
                             const TableOptions& options,
                             const std::vector<OptionSpec>& specs) {
  RETURN_IF_ERROR(CheckOptionsOfEveryTable(options));
  for (const auto& [key, value] : options) {
    const bool known =
        std::any_of(specs.begin(), specs.end(),
                    [&](const OptionSpec& spec) { return Knows(spec, key); });
    const std::vector<std::string>& always = KeysOfEveryTable();
    if (known || std::find(always.begin(), always.end(), key) != always.end()) {
      continue;
    }
    std::vector<std::string> names;
    for (const OptionSpec& spec : specs) {
      names.push_back(spec.is_prefix ? spec.key + "*" : spec.key);
    }
    std::sort(names.begin(), names.end());
    std::vector<std::string> candidates = names;
    candidates.insert(candidates.end(), always.begin(), always.end());
    const std::string nearest = NearestName(key, candidates);
    return UserError(
        {.code = kUnknownOption,
         .what = absl::StrCat(owner, " has no option '", key, "'"),
         .fix = nearest.empty()
                    ? absl::StrCat("It takes: ", absl::StrJoin(names, ", "))
                    : absl::StrCat("Did you mean '", nearest, "'?")});
  }
  for (const OptionSpec& spec : specs) {
    if (spec.required && !spec.default_value && !options.contains(spec.key)) {
      return Annotate(Missing(spec.key, spec.description), owner);
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
