#pragma once

#include <string>
#include <vector>

#include "connectors/formats/csv_options.h"
#include "runtime/connector/format.h"

namespace millrace {

// Rows as CSV records, quoted as Flink's files are: a text is quoted when it
// is longer than 24 characters or has one below '-' in ASCII (or below the
// character behind the delimiter and the quote, where these are others), so
// timestamps are and short words are not.
class CsvEncoder final : public Encoder {
 public:
  CsvEncoder(const CsvOptions& options, const FormatRequest& request);

  absl::Status Encode(const Batch& batch, std::string& out,
                      std::vector<uint32_t>& ends) override;

 private:
  void AppendValue(const Vector& column, uint32_t row, const LogicalType& type,
                   std::string& out);
  // Appends without quotes; true: the text may need them.
  bool AppendPlain(const Vector& column, uint32_t row, const LogicalType& type,
                   std::string& out);
  void AppendText(absl::string_view text, std::string& out) const;
  void AppendDecimal(const Vector& column, uint32_t row,
                     const LogicalType& type, std::string& out) const;

  const CsvOptions options_;
  std::vector<LogicalType> types_;
  std::string text_;
};

}  // namespace millrace
