#include "connectors/formats/json/json_options.h"

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

const std::vector<OptionSpec>& JsonOptionSpecs() {
  static const auto& specs = *new std::vector<OptionSpec>{
      {.key = "fail-on-missing-field",
       .default_value = "false",
       .description = "true: a missing field is an error; false: it is NULL"},
      {.key = "ignore-parse-errors",
       .default_value = "false",
       .description = "true: a bad value is NULL and a malformed record is "
                      "left out; false: error-handling.mode decides"},
      {.key = "timestamp-format.standard",
       .default_value = "SQL",
       .description = "SQL ('2024-01-31 12:00:00.0') or ISO-8601 "
                      "('2024-01-31T12:00:00.0')"},
      {.key = "map-null-key.mode",
       .default_value = "FAIL",
       .description = "What a written MAP does with a NULL key: FAIL, DROP, "
                      "or LITERAL"},
      {.key = "map-null-key.literal",
       .default_value = "null",
       .description = "The key written for NULL when the mode is LITERAL"},
      {.key = "encode.decimal-as-plain-number",
       .default_value = "false",
       .description = "true: 0.000000027; false: 2.7E-8"},
      {.key = "encode.ignore-null-fields",
       .default_value = "false",
       .description = "true: fields that are NULL are not written"},
      {.key = "decode.json-parser.enabled",
       .default_value = "true",
       .description = "Accepted for Flink's sake; there is one parser here"}};
  return specs;
}

absl::StatusOr<JsonOptions> ReadJsonOptions(const TableOptions& options) {
  const auto& specs = JsonOptionSpecs();
  RETURN_IF_ERROR(ValidateOptions("format 'json'", options, specs));
  const OptionReader reader(options, specs);
  JsonOptions read;
  ASSIGN_OR_RETURN(read.fail_on_missing_field,
                   reader.Bool("fail-on-missing-field"));
  ASSIGN_OR_RETURN(read.ignore_parse_errors,
                   reader.Bool("ignore-parse-errors"));
  ASSIGN_OR_RETURN(
      const std::string standard,
      reader.OneOf("timestamp-format.standard", {"SQL", "ISO-8601"}));
  // Compared by their first letter, which tells them apart.
  read.timestamp_standard = standard[0] == 'S' ? TimestampStandard::kSql
                                              : TimestampStandard::kIso8601;
  ASSIGN_OR_RETURN(
      const std::string mode,
      reader.OneOf("map-null-key.mode", {"FAIL", "DROP", "LITERAL"}));
  read.null_key = mode[0] == 'F' ? JsonOptions::NullKey::kFail
                  : mode[0] == 'D' ? JsonOptions::NullKey::kDrop
                                   : JsonOptions::NullKey::kLiteral;
  read.null_key_literal = *reader.Text("map-null-key.literal");
  ASSIGN_OR_RETURN(read.decimal_as_plain_number,
                   reader.Bool("encode.decimal-as-plain-number"));
  ASSIGN_OR_RETURN(read.ignore_null_fields,
                   reader.Bool("encode.ignore-null-fields"));
  RETURN_IF_ERROR(reader.Bool("decode.json-parser.enabled").status());
  if (read.fail_on_missing_field && read.ignore_parse_errors) {
    return UserError({.code = "SQL-0903",
                      .what = "fail-on-missing-field and ignore-parse-errors "
                              "cannot both be true",
                      .fix = "Leave one of them out"});
  }
  return read;
}

}  // namespace millrace
