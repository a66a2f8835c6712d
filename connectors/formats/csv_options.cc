#include "connectors/formats/csv_options.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// One byte, or an escape such as \t that stands for one.
absl::StatusOr<char> OneCharacter(const OptionReader& reader,
                                  absl::string_view key) {
  const std::string text = reader.Text(key).value_or("");
  if (text == "\\t") return '\t';
  if (text == "\\u0001") return '\x01';
  if (text.size() == 1) return text[0];
  return UserError(
      {.code = "SQL-0903",
       .what = absl::StrCat("option '", key, "' = '", text,
                            "' is not a single ASCII character"),
       .fix = absl::StrCat("Write for example '", key, "' = ';'")});
}

}  // namespace

const std::vector<OptionSpec>& CsvOptionSpecs() {
  static const auto& specs = *new std::vector<OptionSpec>{
      {.key = "field-delimiter",
       .default_value = ",",
       .description = "The character between fields"},
      {.key = "disable-quote-character",
       .default_value = "false",
       .description = "true: no quoting at all"},
      {.key = "quote-character",
       .default_value = "\"",
       .description = "The character around fields that need it"},
      {.key = "allow-comments",
       .default_value = "false",
       .description = "true: lines that begin with # are left out"},
      {.key = "ignore-parse-errors",
       .default_value = "false",
       .description = "true: a bad value is NULL and a malformed record is "
                      "left out"},
      {.key = "array-element-delimiter",
       .default_value = ";",
       .description = "What separates the elements of an ARRAY"},
      {.key = "escape-character",
       .description = "The character behind which any other stands for "
                      "itself"},
      {.key = "null-literal",
       .description = "The text that means NULL"},
      {.key = "write-bigdecimal-in-scientific-notation",
       .default_value = "true",
       .description = "true: 1.2E-7; false: 0.00000012"}};
  return specs;
}

absl::StatusOr<CsvOptions> ReadCsvOptions(const TableOptions& options) {
  const auto& specs = CsvOptionSpecs();
  RETURN_IF_ERROR(ValidateOptions("format 'csv'", options, specs));
  const OptionReader reader(options, specs);
  CsvOptions read;
  ASSIGN_OR_RETURN(read.delimiter, OneCharacter(reader, "field-delimiter"));
  ASSIGN_OR_RETURN(const bool no_quotes,
                   reader.Bool("disable-quote-character"));
  if (no_quotes) {
    if (options.contains("quote-character")) {
      return UserError(
          {.code = "SQL-0903",
           .what = "options 'quote-character' and 'disable-quote-character' "
                   "contradict each other",
           .fix = "Leave one of them out"});
    }
    read.quote = 0;
  } else {
    ASSIGN_OR_RETURN(read.quote, OneCharacter(reader, "quote-character"));
  }
  if (reader.Text("escape-character")) {
    ASSIGN_OR_RETURN(read.escape, OneCharacter(reader, "escape-character"));
  }
  ASSIGN_OR_RETURN(read.allow_comments, reader.Bool("allow-comments"));
  ASSIGN_OR_RETURN(read.ignore_parse_errors,
                   reader.Bool("ignore-parse-errors"));
  read.array_delimiter = *reader.Text("array-element-delimiter");
  read.null_literal = reader.Text("null-literal");
  ASSIGN_OR_RETURN(read.decimal_with_exponent,
                   reader.Bool("write-bigdecimal-in-scientific-notation"));
  return read;
}

}  // namespace millrace
