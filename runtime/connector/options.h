#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace millrace {

// The WITH (...) of a table, by key, as written.
using TableOptions = absl::btree_map<std::string, std::string>;

// One option a connector or a format knows: for reading it, for refusing
// unknown keys with the nearest valid one, and for the documentation.
struct OptionSpec {
  std::string key;
  // The default as text; none = no default.
  std::optional<std::string> default_value;
  bool required = false;
  std::string description;  // One sentence with the values it takes.
  // True for families such as "properties.": any key that starts with `key`.
  bool is_prefix = false;
};

// Reads typed options with Flink's spellings. Every error (SQL-xxxx) names the
// key, the value as written, what was expected and an example.
class OptionReader {
 public:
  // Keeps references: both must outlive the reader.
  OptionReader(const TableOptions& options,
               const std::vector<OptionSpec>& specs)
      : options_(options), specs_(specs) {}

  // The value as written, else the default; nullopt when there is neither.
  std::optional<std::string> Text(absl::string_view key) const;
  absl::StatusOr<std::string> RequiredText(absl::string_view key) const;
  // One of `allowed`, compared without case, returned as listed.
  absl::StatusOr<std::string> OneOf(
      absl::string_view key, const std::vector<std::string>& allowed) const;
  absl::StatusOr<int64_t> Int(absl::string_view key) const;
  absl::StatusOr<double> Double(absl::string_view key) const;
  absl::StatusOr<bool> Bool(absl::string_view key) const;
  // "500 ms", "1min", "2 h", "30s"; a bare number is milliseconds.
  absl::StatusOr<absl::Duration> Duration(absl::string_view key) const;
  // "64 mb", "1kb", "128"; a bare number is bytes.
  absl::StatusOr<int64_t> SizeBytes(absl::string_view key) const;
  // Items between ';', trimmed, without empty ones.
  std::vector<std::string> List(absl::string_view key) const;
  // Every option whose key starts with `prefix`, with the prefix taken off.
  TableOptions WithPrefix(absl::string_view prefix) const;

 private:
  const TableOptions& options_;
  const std::vector<OptionSpec>& specs_;
};

// Flink's texts of durations and sizes; errors name what was expected.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);
absl::StatusOr<int64_t> ParseSizeBytes(absl::string_view text);

// Refuses keys that no spec knows, naming the nearest one that exists, and
// reports required ones that are missing. `owner` is "connector 'kafka'". Keys
// that are the table's whatever its connector are always known, and the values
// of those that act are checked: connector, error-handling.*,
// scan.watermark.*.
absl::Status ValidateOptions(absl::string_view owner,
                             const TableOptions& options,
                             const std::vector<OptionSpec>& specs);

}  // namespace millrace
