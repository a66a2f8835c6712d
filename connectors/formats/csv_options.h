#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/connector/options.h"

namespace millrace {

// Flink's options of its CSV format, read from FormatRequest::options.
struct CsvOptions {
  char delimiter = ',';
  char quote = '"';  // 0 = none.
  char escape = 0;   // 0 = none.
  bool allow_comments = false;
  bool ignore_parse_errors = false;
  std::string array_delimiter = ";";
  std::optional<std::string> null_literal;
  bool decimal_with_exponent = true;
};

const std::vector<OptionSpec>& CsvOptionSpecs();

// Errors: SQL-0901, SQL-0903 of runtime/connector/options.h.
absl::StatusOr<CsvOptions> ReadCsvOptions(const TableOptions& options);

}  // namespace millrace
