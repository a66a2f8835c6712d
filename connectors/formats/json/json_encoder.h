#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/formats/json/json_options.h"
#include "runtime/connector/format.h"

namespace millrace {

// One value of a column as JSON text, as Flink writes it: numbers and DECIMAL
// as numbers, times as text of the option's standard, BYTES as base64, ROW and
// MAP as objects. Not thread-safe.
class JsonValueWriter {
 public:
  explicit JsonValueWriter(const JsonOptions& options) : options_(options) {}

  // Errors: SNK-0103, a NULL key of a MAP whose mode is FAIL.
  absl::Status Append(const Vector& column, uint32_t row,
                      const LogicalType& type, std::string& out);
  // The object of `columns` under the names of `fields`.
  absl::Status AppendObject(const std::vector<VectorRef>& columns,
                            uint32_t row, const std::vector<RowField>& fields,
                            std::string& out);

 private:
  void AppendDecimal(const Vector& column, uint32_t row,
                     const LogicalType& type, std::string& out) const;
  void AppendTime(const Vector& column, uint32_t row, const LogicalType& type,
                  std::string& out) const;
  absl::Status AppendArray(const Vector& column, uint32_t row,
                           const LogicalType& type, std::string& out);
  absl::Status AppendMap(const Vector& column, uint32_t row,
                         const LogicalType& type, std::string& out);

  const JsonOptions options_;
};

// A row a JSON object.
class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const JsonOptions& options, const FormatRequest& request);

  absl::Status Encode(const Batch& batch, std::string& out,
                      std::vector<uint32_t>& ends) override;

 private:
  absl::Status AppendRow(const Batch& batch, uint32_t row, std::string& out);

  JsonValueWriter writer_;
  const bool ignore_null_fields_;
  std::vector<LogicalType> types_;
  std::vector<std::string> names_;  // As they stand there: `,"name":`.
};

}  // namespace millrace
