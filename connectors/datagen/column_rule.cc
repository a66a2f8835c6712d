#include "connectors/datagen/column_rule.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::datagen {
namespace {

absl::Status BadOption(const std::string& key, const std::string& why) {
  return UserError({.code = "SQL-0303",
                    .what = absl::StrCat("option '", key, "' cannot be used"),
                    .where = "connector 'datagen'",
                    .why = why,
                    .fix = ""});
}

struct Bounds {
  int64_t min;
  int64_t max;
};

// The widest range of an integral or temporal type.
Bounds DefaultBounds(const LogicalType& type) {
  switch (type.root()) {
    case TypeRoot::kTinyInt: return {INT8_MIN, INT8_MAX};
    case TypeRoot::kSmallInt: return {INT16_MIN, INT16_MAX};
    case TypeRoot::kInteger: return {INT32_MIN, INT32_MAX};
    case TypeRoot::kDate: return {0, 20'000};
    case TypeRoot::kTime: return {0, 86'399'999};
    case TypeRoot::kIntervalYearMonth: return {0, 120'000};
    case TypeRoot::kBoolean: return {0, 1};
    default: return {INT64_MIN, INT64_MAX};
  }
}

bool IsReal(const LogicalType& type) {
  return type.IsApproximate() || type.Is(TypeRoot::kDecimal);
}

double DefaultRealMax(const LogicalType& type) {
  if (!type.Is(TypeRoot::kDecimal)) {
    return type.Is(TypeRoot::kFloat) ? std::numeric_limits<float>::max()
                                     : std::numeric_limits<double>::max();
  }
  double limit = 1;
  const int digits = type.precision() - type.scale();
  for (int i = 0; i < std::min(digits, 15); ++i) limit *= 10;
  return limit;
}

// The options of one column, by their short names.
class ColumnOptions {
 public:
  ColumnOptions(const std::string& name, const TableOptions& options)
      : prefix_(absl::StrCat("fields.", name, ".")),
        reader_(options, specs_) {}

  std::string Key(const char* option) const {
    return absl::StrCat(prefix_, option);
  }
  bool Has(const char* option) const {
    return reader_.Text(Key(option)).has_value();
  }
  // Leaves `target` alone where the option is not set.
  absl::Status Read(const char* option, int64_t& target) const {
    if (!Has(option)) return absl::OkStatus();
    ASSIGN_OR_RETURN(target, reader_.Int(Key(option)));
    return absl::OkStatus();
  }
  absl::Status Read(const char* option, double& target) const {
    if (!Has(option)) return absl::OkStatus();
    ASSIGN_OR_RETURN(target, reader_.Double(Key(option)));
    return absl::OkStatus();
  }
  absl::Status Read(const char* option, bool& target) const {
    if (!Has(option)) return absl::OkStatus();
    ASSIGN_OR_RETURN(target, reader_.Bool(Key(option)));
    return absl::OkStatus();
  }
  absl::Status ReadMillis(const char* option, int64_t& target) const {
    if (!Has(option)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const absl::Duration value, reader_.Duration(Key(option)));
    target = absl::ToInt64Milliseconds(value);
    return absl::OkStatus();
  }
  std::string Kind() const {
    return reader_.Text(Key("kind")).value_or("random");
  }

 private:
  const std::string prefix_;
  const std::vector<OptionSpec> specs_;
  const OptionReader reader_;
};

absl::Status ReadRandom(const ColumnOptions& options, ColumnRule& rule) {
  if (rule.type.IsNested()) {
    return BadOption(options.Key("kind"),
                     absl::StrCat("a random ", rule.type.ToString(),
                                  " cannot be made; use scalar columns"));
  }
  RETURN_IF_ERROR(options.Read("null-rate", rule.null_rate));
  RETURN_IF_ERROR(options.Read("length", rule.length));
  RETURN_IF_ERROR(options.Read("var-len", rule.var_length));
  RETURN_IF_ERROR(options.ReadMillis("max-past", rule.max_past_ms));
  if (rule.length < 0 || rule.length > (1 << 20)) {
    return BadOption(options.Key("length"), "expected 0 to 1048576");
  }
  if (IsReal(rule.type)) {
    rule.real_max = DefaultRealMax(rule.type);
    rule.real_min = -rule.real_max;
    RETURN_IF_ERROR(options.Read("min", rule.real_min));
    RETURN_IF_ERROR(options.Read("max", rule.real_max));
  } else {
    const Bounds bounds = DefaultBounds(rule.type);
    rule.min = bounds.min;
    rule.max = bounds.max;
    RETURN_IF_ERROR(options.Read("min", rule.min));
    RETURN_IF_ERROR(options.Read("max", rule.max));
    if (rule.min < bounds.min || rule.max > bounds.max) {
      return BadOption(options.Key("max"),
                       absl::StrCat("the bounds leave ", rule.type.ToString()));
    }
  }
  if (rule.min > rule.max || rule.real_min > rule.real_max) {
    return BadOption(options.Key("min"), "it is above the maximum");
  }
  return absl::OkStatus();
}

absl::Status ReadSequence(const ColumnOptions& options, ColumnRule& rule) {
  rule.kind = ColumnRule::Kind::kSequence;
  if (!rule.type.IsIntegral() && !IsReal(rule.type) &&
      !rule.type.IsCharacter()) {
    return BadOption(options.Key("kind"),
                     absl::StrCat("no sequence of ", rule.type.ToString(),
                                  "; numbers and strings have them"));
  }
  for (const char* end : {"start", "end"}) {
    if (!options.Has(end)) {
      return BadOption(options.Key(end), "a sequence needs it");
    }
  }
  RETURN_IF_ERROR(options.Read("start", rule.min));
  RETURN_IF_ERROR(options.Read("end", rule.max));
  if (rule.min > rule.max) {
    return BadOption(options.Key("start"), "it is above the end");
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<int64_t> ColumnRule::RowLimit() const {
  if (kind == Kind::kRandom) return std::nullopt;
  return max - min + 1;
}

absl::StatusOr<ColumnRule> ReadColumnRule(const std::string& name,
                                          const LogicalType& type,
                                          const TableOptions& options,
                                          uint64_t seed) {
  const ColumnOptions column(name, options);
  ColumnRule rule{.type = type, .seed = seed};
  const std::string kind = column.Kind();
  if (kind == "random") {
    RETURN_IF_ERROR(ReadRandom(column, rule));
  } else if (kind == "sequence") {
    RETURN_IF_ERROR(ReadSequence(column, rule));
  } else {
    return BadOption(column.Key("kind"),
                     absl::StrCat("'", kind,
                                  "' is neither 'random' nor 'sequence'"));
  }
  return rule;
}

}  // namespace millrace::datagen
