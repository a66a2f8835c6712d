#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/formats/column_builder.h"
#include "connectors/formats/csv_options.h"
#include "connectors/formats/text_value.h"
#include "runtime/connector/format.h"

namespace millrace {

// CSV records to the columns that a query uses. A field is a view of the
// record unless it had to be unescaped. Rejections: SRC-0111 malformed, or
// not as many fields as columns; SRC-0102 not UTF-8; SRC-0103 a value does
// not fit its column.
class CsvDecoder final : public Decoder {
 public:
  CsvDecoder(const CsvOptions& options, const FormatRequest& request,
             const SourceRequest& wanted);

  uint32_t Decode(const std::vector<RawRecord>& records, const ChunkRef& chunk,
                  std::vector<Rejection>& rejected) override;
  const std::vector<uint32_t>& row_records() const override {
    return row_records_;
  }
  Batch TakeBatch() override;

 private:
  // Sets the row behind the last; false: the record gives no row.
  absl::StatusOr<bool> DecodeRecord(absl::string_view record);
  // Cuts the record into fields_. False: a quote is left open.
  bool Split(absl::string_view record);
  // The quoted field that begins at `at`; returns behind its closing quote,
  // npos when there is none.
  size_t ReadQuoted(absl::string_view record, size_t at, FieldText& field);
  absl::Status SetColumn(size_t output, absl::string_view record);
  bool SetValue(FieldText field, ColumnBuilder& column, uint32_t row);
  bool SetArray(FieldText field, ColumnBuilder& column, uint32_t row);

  const CsvOptions options_;
  const std::vector<TableColumn> table_columns_;
  // The columns to build, and the field of each.
  std::vector<std::unique_ptr<ColumnBuilder>> columns_;
  std::vector<int> fields_of_columns_;

  std::vector<FieldText> fields_;
  // The bytes of unescaped fields of the record at hand.
  std::vector<std::string> unescaped_;
  size_t unescaped_count_ = 0;
  uint32_t row_count_ = 0;
  uint32_t record_count_ = 0;
  std::vector<uint32_t> row_records_;
};

}  // namespace millrace
