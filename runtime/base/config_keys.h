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
  enum class Effect {
    kActs,
    // Flink has it and Millrace takes it without doing anything, so that
    // scripts run unchanged.
    kAccepted,
    // Not built yet, and not to be left out unnoticed.
    kRefused
  };

  absl::string_view key;
  Type type = Type::kText;
  absl::string_view default_value;  // "" where there is none.
  absl::string_view description;
  Effect effect = Effect::kActs;
  // Any key that starts with `key`.
  bool is_prefix = false;
};

std::span<const ConfigKey> AllConfigKeys();

// The entry for `key`, or the family it is of; null: unknown.
const ConfigKey* FindConfigKey(absl::string_view key);

// What `key` takes, upper or lower case; empty: whatever is of its type.
std::vector<absl::string_view> ConfigChoices(absl::string_view key);

}  // namespace millrace
