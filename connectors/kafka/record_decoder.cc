#include "connectors/kafka/record_decoder.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "connectors/kafka/message_metadata.h"
#include "connectors/kafka/record_formats.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/gathered_column.h"

namespace millrace::kafka {
namespace {

// Values decoded at once (DESIGN.md, section 4).
constexpr size_t kBatchBytes = 256 << 10;

// How far a batch's records reach: kBatchBytes of values, at least one record,
// up to the first that is too large; `first` when that is the first itself.
size_t BatchLimit(const std::vector<FetchedRecord>& records, size_t first) {
  size_t bytes = 0;
  size_t limit = first;
  while (limit < records.size() && bytes < kBatchBytes &&
         SizeOf(records[limit]) <= kMaxRecordBytes) {
    bytes += records[limit].value.size();
    ++limit;
  }
  return limit;
}

// `wanted` with its first step counted within `columns`; nullopt when the
// column is not among them.
std::optional<SourceRequest::Column> Within(
    const std::vector<int>& columns, const SourceRequest::Column& wanted) {
  const auto found =
      std::find(columns.begin(), columns.end(), wanted.path[0]);
  if (found == columns.end()) return std::nullopt;
  SourceRequest::Column result = wanted;
  result.path[0] = static_cast<int>(found - columns.begin());
  return result;
}

absl::Status TooLarge(const FetchedRecord& record) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.code = "SRC-0307",
       .what = absl::StrCat("the record has ", SizeOf(record), " bytes"),
       .where = PlaceOf(record),
       .why = absl::StrCat("the limit is ", kMaxRecordBytes),
       .fix = "Split it, or keep large content outside of the stream."});
}

absl::Status SeveralRows() {
  return UserError({.code = "SRC-0312",
                    .what = "the record's value is several rows",
                    .where = "",
                    .why = "its key is that of one row",
                    .fix = "Write a record for each."});
}

absl::Status NoKey() {
  return UserError({.code = "SRC-0309",
                    .what = "the record has no key",
                    .where = "",
                    .why = "the key says which row of the table it is about",
                    .fix = "Write the topic with keys, or read it with "
                           "'connector' = 'kafka'."});
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordDecoder>> RecordDecoder::Open(
    const TableDescriptor& table, const KafkaSettings& settings,
    const SourceRequest& request, const ConnectorRegistry& registry,
    absl::TimeZone local_time_zone) {
  std::unique_ptr<RecordDecoder> decoder(
      new RecordDecoder(settings, local_time_zone));
  SourceRequest of_value, of_key;
  bool value_only = true;
  for (const SourceRequest::Column& wanted : request.columns) {
    const TableColumn& column = table.columns[wanted.path[0]];
    Source source{.from = Source::From::kMetadata, .type = wanted.type};
    // A tombstone has its key alone.
    auto key = Within(settings.key_columns, wanted);
    if (column.metadata_key) {
      source.metadata_key = *column.metadata_key;
    } else if (settings.upsert && key) {
      source.from = Source::From::kKey;
      source.index = static_cast<int>(of_key.columns.size());
      of_key.columns.push_back(*std::move(key));
    } else if (auto value = Within(settings.value_columns, wanted)) {
      source.from = Source::From::kValue;
      source.index = static_cast<int>(of_value.columns.size());
      of_value.columns.push_back(*std::move(value));
    } else {
      source.from = Source::From::kKey;
      source.index = static_cast<int>(of_key.columns.size());
      of_key.columns.push_back(*std::move(key));
    }
    value_only = value_only && source.from == Source::From::kValue;
    decoder->sources_.push_back(std::move(source));
  }
  if (value_only && !settings.upsert) of_value.filter = request.filter;

  ASSIGN_OR_RETURN(const Format* format,
                   registry.FindFormat(settings.value_format));
  ASSIGN_OR_RETURN(
      decoder->value_,
      format->MakeDecoder(
          ValueRequest(table, settings, local_time_zone),
          of_value));
  if (!of_key.columns.empty()) {
    ASSIGN_OR_RETURN(format, registry.FindFormat(settings.key_format));
    const FormatRequest keys = KeyRequest(table, settings, local_time_zone);
    const auto ignores = keys.options.find("ignore-parse-errors");
    decoder->ignores_bad_keys_ =
        ignores != keys.options.end() &&
        absl::EqualsIgnoreCase(ignores->second, "true");
    ASSIGN_OR_RETURN(std::unique_ptr<Decoder> decoded,
                     format->MakeDecoder(keys, of_key));
    decoder->key_ = std::make_unique<KeyDecoder>(std::move(decoded));
  }
  return decoder;
}

size_t RecordDecoder::Decode(const std::vector<FetchedRecord>& records,
                             size_t first, Poll& poll) {
  records_ = &records;
  rows_.clear();
  rejected_.clear();
  const size_t limit = BatchLimit(records, first);
  if (limit == first) {
    Reject(first, /*bad_key=*/false, TooLarge(records[first]), poll);
    return first + 1;
  }
  const Payloads values =
      Payloads::Of(records, first, limit, &FetchedRecord::value);
  std::vector<Decoder::Rejection> rejections;
  const uint32_t consumed =
      value_->Decode(values.bytes, values.chunk, rejections);
  for (Decoder::Rejection& rejection : rejections) {
    Reject(values.records[rejection.record], /*bad_key=*/false,
           std::move(rejection.error), poll);
  }
  // Records without a value behind the last one consumed go with it.
  const size_t end =
      consumed == values.bytes.size() ? limit : values.records[consumed];
  for (const uint32_t record : value_->row_records()) {
    rows_.push_back(values.records[record]);
  }
  Batch decoded = value_->TakeBatch();
  if (upserts_) {
    RejectSeveral(poll);
    AddTombstones(first, end, decoded);
    RejectKeyless(first, end, poll);
  }
  poll.batch.row_count = decoded.row_count;
  poll.batch.kinds = decoded.kinds;
  poll.batch.selected = decoded.selected;
  const KeyDecoder::Keys keys = DecodeKeys(first, end, poll);
  for (const Source& source : sources_) {
    switch (source.from) {
      case Source::From::kValue:
        poll.batch.columns.push_back(decoded.columns[source.index]);
        break;
      case Source::From::kKey:
        poll.batch.columns.push_back(
            keys.Column(source.index, source.type, rows_));
        break;
      case Source::From::kMetadata:
        poll.batch.columns.push_back(MakeMetadata(
            source.metadata_key, source.type, zone_, records, rows_));
        break;
    }
  }
  LimitEventTimes(first, end, poll);
  return end;
}

void RecordDecoder::AddTombstones(size_t first, size_t end, Batch& decoded) {
  std::vector<uint32_t> rows, absent, of_record;
  std::vector<RowKind> kinds;
  uint32_t next = 0;
  for (size_t i = first; i < end; ++i) {
    for (; next < rows_.size() && rows_[next] == i; ++next) {
      if (several_.contains(i)) continue;
      rows.push_back(next);
      of_record.push_back(rows_[next]);
      kinds.push_back(RowKind::kUpdateAfter);
    }
    if ((*records_)[i].value.data() != nullptr) continue;
    absent.push_back(static_cast<uint32_t>(rows.size()));
    rows.push_back(0);
    of_record.push_back(static_cast<uint32_t>(i));
    kinds.push_back(RowKind::kDelete);
  }
  const auto count = static_cast<uint32_t>(rows.size());
  if (!absent.empty() || !several_.empty()) {
    Batch merged{.row_count = count};
    merged.columns.resize(decoded.columns.size());
    for (const Source& source : sources_) {
      if (source.from != Source::From::kValue) continue;
      merged.columns.resize(
          std::max<size_t>(merged.columns.size(), source.index + 1));
      merged.columns[source.index] = GatheredColumn(
          decoded.row_count > 0 ? decoded.columns[source.index].get() : nullptr,
          source.type, rows, absent);
    }
    decoded = std::move(merged);
    rows_ = std::move(of_record);
  }
  auto column = std::make_shared<Vector>(PhysicalType::kInt8,
                                         std::max<uint32_t>(count, 1));
  std::memcpy(column->data<int8_t>(), kinds.data(), count);
  decoded.kinds = std::move(column);
}

void RecordDecoder::RejectSeveral(Poll& poll) {
  several_.clear();
  for (size_t row = 1; row < rows_.size(); ++row) {
    if (rows_[row - 1] != rows_[row]) continue;
    several_.insert(rows_[row]);
    Reject(rows_[row], /*bad_key=*/false, SeveralRows(), poll);
  }
}

void RecordDecoder::RejectKeyless(size_t first, size_t end, Poll& poll) {
  for (size_t i = first; i < end; ++i) {
    if ((*records_)[i].key.data() != nullptr) continue;
    Reject(i, /*bad_key=*/true, NoKey(), poll);
  }
}

void RecordDecoder::Reject(size_t record, bool bad_key, absl::Status error,
                           Poll& poll) {
  if (!rejected_.insert(record).second) return;
  poll.rejected.push_back(
      Rejected((*records_)[record], bad_key, std::move(error)));
}

KeyDecoder::Keys RecordDecoder::DecodeKeys(size_t first, size_t end,
                                           Poll& poll) {
  KeyDecoder::Keys keys;
  if (key_ == nullptr) return keys;
  keys = key_->Decode(*records_, first, end);
  if (keys.bad.empty() && !upserts_) return keys;
  for (const KeyDecoder::Keys::Bad& bad : keys.bad) {
    Reject(bad.record, /*bad_key=*/true,
           Annotate(bad.error, "the record's key"), poll);
  }
  for (size_t i = first; upserts_ && i < end; ++i) {
    if (keys.RowOf(i) != KeyDecoder::Keys::kNoKey) continue;
    // A text without a row ("[]") is one, or what the format passed over.
    if (ignores_bad_keys_ && !(*records_)[i].key.empty()) continue;
    Reject(i, /*bad_key=*/true, NoKey(), poll);
  }
  // A row whose key is bad is quarantined and so given out by nobody; of
  // upserts, one that has no key too.
  const int64_t least = upserts_ ? 0 : KeyDecoder::Keys::kNoKey;
  auto kept = std::make_shared<std::vector<uint32_t>>();
  poll.batch.selection().ForEach([&](uint32_t row) {
    if (keys.RowOf(rows_[row]) >= least) kept->push_back(row);
  });
  if (kept->size() == poll.batch.selected_count()) return keys;
  poll.batch.selected = std::move(kept);
  return keys;
}

void RecordDecoder::LimitEventTimes(size_t first, size_t end,
                                    Poll& poll) const {
  if (max_future_skew_ <= absl::ZeroDuration()) return;
  int64_t least = INT64_MAX;
  for (size_t i = first; i < end; ++i) {
    const int64_t written = (*records_)[i].time_ms;
    if (written >= 0) least = std::min(least, written);
  }
  if (least == INT64_MAX) return;
  poll.event_time_limit_ms =
      least + absl::ToInt64Milliseconds(max_future_skew_);
}

std::optional<RejectedRecord> RecordDecoder::CheckEventTime(
    uint32_t row, int64_t latest_ms) const {
  const FetchedRecord& record = (*records_)[rows_[row]];
  const int64_t written = record.time_ms;
  const int64_t skew = absl::ToInt64Milliseconds(max_future_skew_);
  if (written < 0 || latest_ms - written <= skew) return std::nullopt;
  return Rejected(
      record, /*bad_key=*/false,
      UserError({.code = "SRC-0308",
                 .what = absl::StrCat(
                     "the event time lies ",
                     absl::FormatDuration(
                         absl::Milliseconds(latest_ms - written)),
                     " ahead of the time at which the record was written"),
                 .where = "",
                 .why = absl::StrCat("'scan.max-future-skew' is ",
                                     absl::FormatDuration(max_future_skew_)),
                 .fix = "Mend the producer's clock, raise the option, or set "
                        "it to 0 to let any time through."}));
}

}  // namespace millrace::kafka
