#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/connector/options.h"
#include "runtime/types/standard_datetime_text.h"

namespace millrace {

// Flink's options of its JSON formats, read from FormatRequest::options.
struct JsonOptions {
  // A field that is not there: an error instead of NULL.
  bool fail_on_missing_field = false;
  // A value that does not fit becomes NULL, a malformed record vanishes.
  bool ignore_parse_errors = false;
  TimestampStandard timestamp_standard = TimestampStandard::kSql;

  enum class NullKey : uint8_t { kFail, kDrop, kLiteral };
  NullKey null_key = NullKey::kFail;
  std::string null_key_literal = "null";
  bool decimal_as_plain_number = false;
  bool ignore_null_fields = false;
};

const std::vector<OptionSpec>& JsonOptionSpecs();

// Errors: SQL-0901, SQL-0903 of runtime/connector/options.h.
absl::StatusOr<JsonOptions> ReadJsonOptions(const TableOptions& options);

}  // namespace millrace
