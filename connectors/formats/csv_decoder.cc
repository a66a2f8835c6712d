#include "connectors/formats/csv_decoder.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/formats/record_text.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

CsvDecoder::CsvDecoder(const CsvOptions& options, const FormatRequest& request,
                       const SourceRequest& wanted)
    : options_(options), table_columns_(request.columns) {
  for (const SourceRequest::Column& column : wanted.columns) {
    const int field = column.path[0];
    fields_of_columns_.push_back(field);
    columns_.push_back(std::make_unique<ColumnBuilder>(
        table_columns_[field].type, kMaxBatchRows));
  }
  // A record has at most this many unescaped fields; they must not move.
  unescaped_.resize(table_columns_.size() + 1);
  row_records_.reserve(kMaxBatchRows);
}

uint32_t CsvDecoder::Decode(const std::vector<RawRecord>& records,
                            const ChunkRef& chunk,
                            std::vector<Rejection>& rejected) {
  uint32_t done = 0;
  for (; done < records.size() && row_count_ < kMaxBatchRows; ++done) {
    const RawRecord& record = records[done];
    absl::StatusOr<bool> row =
        DecodeRecord(absl::string_view(record.data, record.size_bytes));
    if (row.ok() && *row) {
      ++row_count_;
      row_records_.push_back(record_count_);
    } else if (!row.ok() && !options_.ignore_parse_errors) {
      rejected.push_back({done, std::move(row).status()});
    }
    ++record_count_;
  }
  for (auto& column : columns_) column->Pin(chunk);
  return done;
}

absl::StatusOr<bool> CsvDecoder::DecodeRecord(absl::string_view record) {
  if (options_.allow_comments && !record.empty() && record[0] == '#') {
    return false;
  }
  if (record.empty() && table_columns_.size() != 1) return false;
  if (const size_t bad = FirstInvalidUtf8(record); bad < record.size()) {
    return UserError({.code = "SRC-0102",
                      .what = "the record is not UTF-8",
                      .where = absl::StrCat("byte ", bad, " of the record")});
  }
  if (!Split(record)) {
    return UserError({.code = "SRC-0111",
                      .what = "malformed CSV: a quote is not closed",
                      .why = absl::StrCat("found ", Excerpt(record))});
  }
  const bool right_count = fields_.size() == table_columns_.size();
  if (!right_count && (!options_.ignore_parse_errors ||
                       fields_.size() > table_columns_.size())) {
    return UserError(
        {.code = "SRC-0111",
         .what = absl::StrCat("a record has ", fields_.size(),
                              " fields and the table ", table_columns_.size(),
                              " columns"),
         .why = absl::StrCat("found ", Excerpt(record))});
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    RETURN_IF_ERROR(SetColumn(i, record));
  }
  return true;
}

absl::Status CsvDecoder::SetColumn(size_t output, absl::string_view record) {
  const int index = fields_of_columns_[output];
  ColumnBuilder& column = *columns_[output];
  if (index >= static_cast<int>(fields_.size())) {
    column.SetNull(row_count_);
    return absl::OkStatus();
  }
  const FieldText field = fields_[index];
  if (SetValue(field, column, row_count_)) return absl::OkStatus();
  if (options_.ignore_parse_errors) {
    column.SetNull(row_count_);
    return absl::OkStatus();
  }
  std::string where;
  if (field.in_chunk) {
    where = absl::StrCat("byte ", field.text.data() - record.data(),
                         " of the record");
  }
  return UserError(
      {.code = "SRC-0103",
       .what = absl::StrCat("field ", table_columns_[index].name, " is not ",
                            ExpectedText(column.type())),
       .where = where,
       .why = absl::StrCat("found ", Excerpt(field.text))});
}

bool CsvDecoder::SetValue(FieldText field, ColumnBuilder& column,
                          uint32_t row) {
  if (options_.null_literal && field.text == *options_.null_literal) {
    column.SetNull(row);
    return true;
  }
  if (column.type().Is(TypeRoot::kArray)) return SetArray(field, column, row);
  return SetFromText(field, TimestampStandard::kSql, column, row);
}

bool CsvDecoder::SetArray(FieldText field, ColumnBuilder& column,
                          uint32_t row) {
  column.StartList(row);
  absl::string_view left = field.text;
  while (!left.empty()) {
    const size_t end =
        std::min(left.find(options_.array_delimiter), left.size());
    if (!SetValue({left.substr(0, end), field.in_chunk}, column.child(0),
                  column.AddElement(row))) {
      return false;
    }
    if (end == left.size()) break;
    left.remove_prefix(end + options_.array_delimiter.size());
  }
  return true;
}

bool CsvDecoder::Split(absl::string_view record) {
  fields_.clear();
  unescaped_count_ = 0;
  size_t at = 0;
  while (true) {
    FieldText field = {.in_chunk = true};
    if (options_.quote != 0 && at < record.size() &&
        record[at] == options_.quote) {
      at = ReadQuoted(record, at, field);
      if (at == absl::string_view::npos) return false;
    } else {
      const size_t end = std::min(record.find(options_.delimiter, at),
                                  record.size());
      field.text = record.substr(at, end - at);
      at = end;
    }
    // One field too many is enough to know that there are too many.
    if (fields_.size() <= table_columns_.size()) fields_.push_back(field);
    if (at >= record.size()) return true;
    if (record[at] != options_.delimiter) return false;
    ++at;
    if (at == record.size()) {
      if (fields_.size() <= table_columns_.size()) {
        fields_.push_back({"", true});
      }
      return true;
    }
  }
}

size_t CsvDecoder::ReadQuoted(absl::string_view record, size_t at,
                              FieldText& field) {
  const size_t start = ++at;
  std::string* copy = nullptr;
  for (; at < record.size(); ++at) {
    const char c = record[at];
    const bool doubled = c == options_.quote && at + 1 < record.size() &&
                         record[at + 1] == options_.quote;
    const bool escaped =
        options_.escape != 0 && c == options_.escape && at + 1 < record.size();
    if (c == options_.quote && !doubled && !escaped) break;
    if (doubled || escaped) {
      if (copy == nullptr) {
        const size_t slot =
            std::min(unescaped_count_++, unescaped_.size() - 1);
        copy = &unescaped_[slot];
        copy->assign(record.data() + start, at - start);
      }
      ++at;
    }
    if (copy != nullptr) copy->push_back(record[at]);
  }
  if (at >= record.size()) return absl::string_view::npos;
  field = copy == nullptr ? FieldText{record.substr(start, at - start), true}
                          : FieldText{*copy, false};
  return at + 1;
}

Batch CsvDecoder::TakeBatch() {
  Batch batch = {.row_count = row_count_};
  for (auto& column : columns_) batch.columns.push_back(column->Take());
  row_count_ = 0;
  record_count_ = 0;
  row_records_.clear();
  return batch;
}

}  // namespace millrace
