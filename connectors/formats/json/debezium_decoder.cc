#include "connectors/formats/json/debezium_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/formats/record_text.h"
#include "runtime/base/error.h"
#include "runtime/batch/vector_value.h"

namespace millrace {
namespace {

// The envelope's columns in the batches of the inner decoder.
enum EnvelopeColumn { kBefore = 0, kAfter = 1, kOp = 2 };

// Values whose bytes can be copied from column to column.
bool IsFlat(const LogicalType& type) {
  return !type.IsNested() && !type.Is(TypeRoot::kNull);
}

absl::Status BadChange(absl::string_view what, absl::string_view fix) {
  return UserError({.code = "SRC-0121",
                    .what = std::string(what),
                    .fix = std::string(fix)});
}

}  // namespace

DebeziumDecoder::DebeziumDecoder(const Options& options,
                                 const FormatRequest& request,
                                 const SourceRequest& wanted)
    : options_(options) {
  // Rows of the envelope have only the columns that are wanted.
  std::vector<RowField> fields;
  std::vector<int> place(request.columns.size(), -1);
  for (const SourceRequest::Column& column : wanted.columns) {
    const TableColumn& table_column = request.columns[column.path[0]];
    int& field = place[column.path[0]];
    if (field < 0) {
      field = static_cast<int>(fields.size());
      fields.push_back({table_column.name, table_column.type});
    }
    Output output = {.path = column.path, .type = table_column.type};
    output.path[0] = field;
    for (size_t i = 1; i < column.path.size(); ++i) {
      output.type = LogicalType(output.type.fields()[column.path[i]].type);
    }
    outputs_.push_back(std::move(output));
  }
  const LogicalType row = LogicalType::Row(std::move(fields));
  FormatRequest envelope;
  SourceRequest all;
  envelope.columns = {{.name = "before", .type = row},
                      {.name = "after", .type = row},
                      {.name = "op", .type = LogicalType::String()}};
  for (int i = kBefore; i <= kOp; ++i) {
    all.columns.push_back({{i}, envelope.columns[i].type});
    if (options_.schema_include) all.columns[i].path = {0, i};
  }
  if (options_.schema_include) {
    std::vector<RowField> payload;
    for (const TableColumn& column : envelope.columns) {
      payload.push_back({column.name, column.type});
    }
    envelope.columns = {{.name = "payload",
                         .type = LogicalType::Row(std::move(payload))}};
  }
  envelope_ = std::make_unique<JsonDecoder>(options_.json, envelope, all);
}

uint32_t DebeziumDecoder::Decode(const std::vector<RawRecord>& records,
                                 const ChunkRef& chunk,
                                 std::vector<Rejection>& rejected) {
  uint32_t done = 0;
  while (done < records.size()) {
    // A change gives two rows at most.
    const size_t room = (kMaxBatchRows - row_count()) / 2;
    if (room == 0) break;
    const size_t count = std::min(room, records.size() - done);
    const std::vector<RawRecord> some(records.begin() + done,
                                      records.begin() + done + count);
    std::vector<Rejection> bad;
    // Fewer where one is an array: nothing of it stands, but it takes room.
    const uint32_t consumed = envelope_->Decode(some, chunk, bad);
    const std::vector<uint32_t> origin = envelope_->row_records();
    for (Rejection& rejection : bad) {
      rejected.push_back({done + rejection.record, std::move(rejection.error)});
    }
    Expand(envelope_->TakeBatch(), origin, done, rejected);
    done += consumed;
    record_count_ += consumed;
  }
  return done;
}

void DebeziumDecoder::Expand(const Batch& envelopes,
                             const std::vector<uint32_t>& records,
                             uint32_t first_record,
                             std::vector<Rejection>& rejected) {
  envelopes_.push_back(envelopes);
  for (uint32_t row = 0; row < envelopes.row_count; ++row) {
    absl::Status status;
    if (row > 0 && records[row] == records[row - 1]) {
      // Two rows of one record: only an array has them.
      status = BadChange("a change is not an object but an array", "");
    } else {
      status = ExpandOne(envelopes, row);
    }
    if (!status.ok() && !options_.json.ignore_parse_errors) {
      rejected.push_back({first_record + records[row], std::move(status)});
    }
    row_records_.resize(rows_.size(), record_count_ + records[row]);
  }
}

absl::Status DebeziumDecoder::ExpandOne(const Batch& envelopes, uint32_t row) {
  const Vector& op = *envelopes.columns[kOp];
  const absl::string_view letter =
      op.IsNull(row) ? "" : op.data<StringView>()[row].view();
  const bool inserts = letter == "c" || letter == "r";
  const bool updates = letter == "u";
  if (!inserts && !updates && letter != "d") {
    return BadChange(
        absl::StrCat("unknown op '", Excerpt(letter), "' of a change"),
        "Debezium's are c, r, u and d");
  }
  if (!inserts && envelopes.columns[kBefore]->IsNull(row)) {
    return BadChange(
        absl::StrCat("the field before of a change with op ", letter,
                     " is null"),
        "In Postgres set REPLICA IDENTITY FULL for the table");
  }
  if ((inserts || updates) && envelopes.columns[kAfter]->IsNull(row)) {
    return BadChange(absl::StrCat("the field after of a change with op ",
                                  letter, " is null"),
                     "");
  }
  if (updates) AddRow(RowKind::kUpdateBefore, row, false);
  if (inserts || updates) {
    AddRow(updates ? RowKind::kUpdateAfter : RowKind::kInsert, row, true);
  } else {
    AddRow(RowKind::kDelete, row, false);
  }
  return absl::OkStatus();
}

void DebeziumDecoder::AddRow(RowKind kind, uint32_t row, bool after) {
  rows_.push_back({.batch = static_cast<uint32_t>(envelopes_.size() - 1),
                   .row = row,
                   .after = after});
  kinds_.push_back(static_cast<int8_t>(kind));
}

VectorRef DebeziumDecoder::Collect(const Output& output) const {
  // For each Decode, the column of `before` and that of `after`.
  std::vector<VectorRef> sources;
  for (const Batch& envelopes : envelopes_) {
    for (const int side : {kBefore, kAfter}) {
      VectorRef column = envelopes.columns[side];
      for (const int field : output.path) column = column->child(field);
      sources.push_back(std::move(column));
    }
  }
  const auto column_of = [&](const Source& source) -> const Vector& {
    return *sources[2 * source.batch + (source.after ? 1 : 0)];
  };
  if (!IsFlat(output.type)) {
    std::vector<Value> values;
    for (const Source& source : rows_) {
      values.push_back(ValueAt(column_of(source), source.row));
    }
    return VectorOf(output.type, values);
  }
  const size_t width = ValueWidth(output.type.physical());
  auto vector = std::make_shared<Vector>(
      output.type.physical(),
      std::max<uint32_t>(1, static_cast<uint32_t>(rows_.size())));
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Vector& column = column_of(rows_[i]);
    std::memcpy(vector->data<char>() + i * width,
                column.data<char>() + rows_[i].row * width, width);
    if (column.IsNull(rows_[i].row)) vector->SetNull(static_cast<uint32_t>(i));
  }
  for (const VectorRef& source : sources) vector->AddChunks(source->chunks());
  return vector;
}

Batch DebeziumDecoder::TakeBatch() {
  Batch batch = {.row_count = row_count()};
  for (const Output& output : outputs_) {
    batch.columns.push_back(Collect(output));
  }
  auto kinds = std::make_shared<Vector>(PhysicalType::kInt8,
                                        std::max<uint32_t>(1, row_count()));
  std::copy(kinds_.begin(), kinds_.end(), kinds->data<int8_t>());
  batch.kinds = std::move(kinds);
  envelopes_.clear();
  rows_.clear();
  kinds_.clear();
  row_records_.clear();
  record_count_ = 0;
  return batch;
}

}  // namespace millrace
