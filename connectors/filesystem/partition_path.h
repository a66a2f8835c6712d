#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/types/logical_type.h"
#include "runtime/types/value.h"

namespace millrace {

// The folders of a partitioned table, as Flink and Hive name them:
// "dt=2024-01-31/hm=00%3A02".

// What stands for a NULL partition value.
inline constexpr absl::string_view kDefaultPartitionName =
    "__DEFAULT_PARTITION__";

// "key=value", with the characters that a path must not have as %XX.
std::string PartitionFolder(absl::string_view key, absl::string_view value);

// The value of `key` in the folders of a file's `path`, as a `type`: a string,
// a number, a date, a boolean. Errors: SRC-0205, no such folder or it does not
// fit the type.
absl::StatusOr<Value> PartitionValueOf(absl::string_view path,
                                       absl::string_view key,
                                       const LogicalType& type,
                                       absl::string_view default_name =
                                           kDefaultPartitionName);

}  // namespace millrace
