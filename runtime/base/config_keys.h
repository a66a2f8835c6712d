#pragma once

#include <span>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// Every configuration key there is, of SET, of -D and of millrace.yaml, with
// Flink's names. For checking keys, for defaults and for the documentation.
// Constant data: safe from any thread.
struct ConfigKey {
  enum class Type { kText, kInt, kBool, kDouble, kDuration, kSize, kZone };

  absl::string_view key;
  Type type = Type::kText;
  absl::string_view default_value;  // "" where there is none.
  absl::string_view description;
  // False: Flink has it and Millrace takes it without doing anything, so that
  // scripts run unchanged.
  bool acts = true;
  // Any key that starts with `key`.
  bool is_prefix = false;
};

std::span<const ConfigKey> AllConfigKeys();

// The entry for `key`, or the family it is of; null: unknown.
const ConfigKey* FindConfigKey(absl::string_view key);

// What `key` takes, upper or lower case; empty: whatever is of its type.
std::vector<absl::string_view> ConfigChoices(absl::string_view key);

}  // namespace millrace
