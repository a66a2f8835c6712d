#include "runtime/connector/config_lookup.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

absl::Status BadConfigValue(absl::string_view key, absl::string_view value,
                            absl::string_view expected) {
  return UserError({.code = "CFG-0002",
                    .what = absl::StrCat(key, " cannot be '", value, "'"),
                    .fix = absl::StrCat("Write ", expected, ".")});
}

ConfigLookup::Found ConfigLookup::Find(Names names) const {
  for (const TableOptions* options : {&job_, &cluster_}) {
    for (const absl::string_view name : names) {
      const auto entry = options->find(std::string(name));
      if (entry != options->end()) return {name, entry->second};
    }
  }
  return {};
}

std::string ConfigLookup::Text(Names names,
                               absl::string_view otherwise) const {
  const Found found = Find(names);
  return std::string(found.key.empty() ? otherwise : found.value);
}

absl::StatusOr<absl::Duration> ConfigLookup::Duration(
    Names names, absl::Duration otherwise) const {
  const Found found = Find(names);
  if (found.key.empty()) return otherwise;
  const auto parsed = ParseDuration(found.value);
  if (!parsed.ok() || *parsed < absl::ZeroDuration()) {
    return BadConfigValue(found.key, found.value,
                          "a duration such as '10 s' or '1 min'");
  }
  return *parsed;
}

absl::StatusOr<int64_t> ConfigLookup::Int(Names names, int64_t otherwise,
                                          int64_t least) const {
  const Found found = Find(names);
  if (found.key.empty()) return otherwise;
  int64_t value = 0;
  if (!absl::SimpleAtoi(found.value, &value) || value < least) {
    return BadConfigValue(found.key, found.value,
                          absl::StrCat("a whole number from ", least, " on"));
  }
  return value;
}

absl::StatusOr<double> ConfigLookup::Double(Names names, double otherwise,
                                            double least) const {
  const Found found = Find(names);
  if (found.key.empty()) return otherwise;
  double value = 0;
  // The comparison also refuses what is no number.
  if (!absl::SimpleAtod(found.value, &value) || !(value >= least)) {
    return BadConfigValue(found.key, found.value,
                          absl::StrCat("a number from ", least, " on"));
  }
  return value;
}

}  // namespace millrace
