#pragma once

#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/time_zone.h"

namespace millrace::sql {

// What SET has set over the configuration the session began with. Keys are
// checked against the table in runtime/base/config_keys.h, values against
// their key's type. Not thread-safe.
class SessionConfig {
 public:
  using Map = absl::btree_map<std::string, std::string>;

  SessionConfig() = default;
  explicit SessionConfig(Map initial)
      : initial_(initial), values_(std::move(initial)) {}

  // CFG-0001: unknown key, with the nearest one; CFG-0002: a value that its
  // key does not take; CFG-0004: a key that is not built yet.
  absl::Status Set(absl::string_view key, absl::string_view value);
  // Back to what the session began with.
  absl::Status Reset(absl::string_view key);
  void ResetAll() { values_ = initial_; }

  // As set, else the key's default, else "".
  std::string Get(absl::string_view key) const;
  bool IsSet(absl::string_view key) const;
  int64_t Int(absl::string_view key) const;
  int64_t DurationMillis(absl::string_view key) const;

  // table.local-time-zone; UTC where it is 'default'.
  absl::StatusOr<TimeZone> LocalTimeZone() const;
  // Of operators that say nothing themselves.
  int Parallelism() const;

  const Map& values() const { return values_; }

 private:
  Map initial_;
  Map values_;
};

}  // namespace millrace::sql
