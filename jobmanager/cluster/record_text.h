#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Records of the HaStore as lines that a person can read: a thing a line, its
// fields between tabs, whatever they hold escaped as in C.
//
//   job\t0123...\t7\tinsert-into_out
std::string RecordLine(const std::vector<std::string>& fields);

// The fields of each line. kDataLoss: a field that is no escaped text.
absl::StatusOr<std::vector<std::vector<std::string>>> RecordLines(
    absl::string_view text);

// A field that is a number; kDataLoss where it is none.
absl::StatusOr<int64_t> RecordNumber(absl::string_view field);

}  // namespace millrace
