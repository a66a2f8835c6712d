#include "connectors/kafka/record_decoder.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/message_metadata.h"
#include "connectors/kafka/record_formats.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/gathered_column.h"

namespace millrace::kafka {
namespace {

// Longer ones are rejected rather than decoded (DESIGN.md, defaults).
constexpr size_t kMaxRecordBytes = 8 << 20;
// Of a rejected record's bytes, so many are kept.
constexpr size_t kMaxKeptBytes = 64 << 10;
// Values decoded at once (DESIGN.md, section 4).
constexpr size_t kBatchBytes = 256 << 10;

Origin OriginOf(const rd_kafka_message_t& message) {
  return {absl::StrCat("topic ", rd_kafka_topic_name(message.rkt),
                       ", partition ", message.partition, ", offset ",
                       message.offset),
          std::string(static_cast<const char*>(message.payload),
                      std::min(message.len, kMaxKeptBytes)),
          rd_kafka_topic_name(message.rkt), message.partition,
          message.offset};
}

// Some messages' payloads (or keys) side by side in one chunk.
struct Payloads {
  std::shared_ptr<Chunk> chunk;
  std::vector<RawRecord> records;
  std::vector<uint32_t> messages;  // Of each record, its message.
};

absl::string_view ValueOf(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.len};
}

absl::string_view KeyOf(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.key), message.key_len};
}

// Those of messages [first, limit) that have such bytes.
Payloads Copy(const std::vector<rd_kafka_message_t*>& messages, size_t first,
              size_t limit,
              absl::string_view (*bytes_of)(const rd_kafka_message_t&)) {
  size_t total = 0;
  for (size_t i = first; i < limit; ++i) total += bytes_of(*messages[i]).size();
  Payloads result{.chunk = std::make_shared<Chunk>(total)};
  result.records.reserve(limit - first);
  result.messages.reserve(limit - first);
  char* out = result.chunk->data();
  for (size_t i = first; i < limit; ++i) {
    const absl::string_view bytes = bytes_of(*messages[i]);
    if (bytes.data() == nullptr) continue;
    std::memcpy(out, bytes.data(), bytes.size());
    result.records.push_back({out, static_cast<uint32_t>(bytes.size())});
    result.messages.push_back(static_cast<uint32_t>(i));
    out += bytes.size();
  }
  return result;
}

// How far a batch's records reach: kBatchBytes of values, at least one record,
// up to the first that is too large; `first` when that is the first itself.
size_t BatchLimit(const std::vector<rd_kafka_message_t*>& messages,
                  size_t first) {
  size_t bytes = 0;
  size_t limit = first;
  while (limit < messages.size() && bytes < kBatchBytes &&
         messages[limit]->len <= kMaxRecordBytes) {
    bytes += messages[limit]->len;
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

absl::Status TooLarge(const rd_kafka_message_t& message) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.code = "SRC-0307",
       .what = absl::StrCat("the record has ", message.len, " bytes"),
       .where = OriginOf(message).text,
       .why = absl::StrCat("the limit is ", kMaxRecordBytes),
       .fix = "Split it, or keep large content outside of the stream."});
}

absl::Status NoKey() {
  return UserError({.code = "SRC-0309",
                    .what = "the record has no key",
                    .where = "",
                    .why = "the key says which row of the table it is about",
                    .fix = "Write the topic with keys, or read it with "
                           "'connector' = 'kafka'."});
}

// The rows of `source` at `rows`, NULL at `absent`; `source` may have none.
std::shared_ptr<Vector> GatherPresent(const Batch& batch, int column,
                                      const LogicalType& type,
                                      const std::vector<uint32_t>& rows,
                                      const std::vector<uint32_t>& absent) {
  const auto count = static_cast<uint32_t>(rows.size());
  auto result = batch.row_count == 0
                    ? std::make_shared<Vector>(type, count)
                    : GatheredColumn(*batch.columns[column], rows.data(),
                                     count);
  for (const uint32_t row : absent) result->SetNull(row);
  return result;
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
    ASSIGN_OR_RETURN(
        decoder->key_,
        format->MakeDecoder(
            KeyRequest(table, settings, local_time_zone),
            of_key));
  }
  return decoder;
}

size_t RecordDecoder::Decode(const std::vector<rd_kafka_message_t*>& messages,
                             size_t first, Poll& poll) {
  messages_ = &messages;
  rows_.clear();
  const size_t limit = BatchLimit(messages, first);
  if (limit == first) {
    poll.rejected.push_back({OriginOf(*messages[first]),
                             TooLarge(*messages[first])});
    return first + 1;
  }
  const Payloads values = Copy(messages, first, limit, ValueOf);
  std::vector<Decoder::Rejection> rejections;
  const uint32_t consumed =
      value_->Decode(values.records, values.chunk, rejections);
  for (Decoder::Rejection& rejection : rejections) {
    const auto* message = messages[values.messages[rejection.record]];
    poll.rejected.push_back({OriginOf(*message), std::move(rejection.error)});
  }
  // Messages without a value behind the last record consumed go with it.
  const size_t end =
      consumed == values.records.size() ? limit : values.messages[consumed];
  for (const uint32_t record : value_->row_records()) {
    rows_.push_back(values.messages[record]);
  }
  Batch decoded = value_->TakeBatch();
  // A value of many rows may go on in the next batch.
  const size_t seen = rows_.empty() ? end
                                    : std::max<size_t>(end, rows_.back() + 1);
  if (upserts_) AddTombstones(first, seen, decoded);
  if (upserts_) RejectKeyless(first, end, poll);
  poll.batch.row_count = decoded.row_count;
  poll.batch.kinds = decoded.kinds;
  poll.batch.selected = decoded.selected;
  const Keys keys = DecodeKeys(first, end, seen, poll);
  for (const Source& source : sources_) {
    switch (source.from) {
      case Source::From::kValue:
        poll.batch.columns.push_back(decoded.columns[source.index]);
        break;
      case Source::From::kKey:
        poll.batch.columns.push_back(KeyColumn(keys, source));
        break;
      case Source::From::kMetadata:
        poll.batch.columns.push_back(MakeMetadata(
            source.metadata_key, source.type, zone_, messages, rows_));
        break;
    }
  }
  LimitEventTimes(first, end, poll);
  return end;
}

void RecordDecoder::AddTombstones(size_t first, size_t seen,
                                  Batch& decoded) {
  std::vector<uint32_t> rows, absent, of_message;
  std::vector<RowKind> kinds;
  uint32_t next = 0;
  for (size_t i = first; i < seen; ++i) {
    for (; next < rows_.size() && rows_[next] == i; ++next) {
      rows.push_back(next);
      of_message.push_back(rows_[next]);
      kinds.push_back(RowKind::kUpdateAfter);
    }
    if ((*messages_)[i]->payload != nullptr) continue;
    absent.push_back(static_cast<uint32_t>(rows.size()));
    rows.push_back(0);
    of_message.push_back(static_cast<uint32_t>(i));
    kinds.push_back(RowKind::kDelete);
  }
  const auto count = static_cast<uint32_t>(rows.size());
  if (!absent.empty()) {
    Batch merged{.row_count = count};
    merged.columns.resize(decoded.columns.size());
    for (const Source& source : sources_) {
      if (source.from != Source::From::kValue) continue;
      merged.columns.resize(
          std::max<size_t>(merged.columns.size(), source.index + 1));
      merged.columns[source.index] =
          GatherPresent(decoded, source.index, source.type, rows, absent);
    }
    decoded = std::move(merged);
    rows_ = std::move(of_message);
  }
  auto column = std::make_shared<Vector>(PhysicalType::kInt8,
                                         std::max<uint32_t>(count, 1));
  std::memcpy(column->data<int8_t>(), kinds.data(), count);
  decoded.kinds = std::move(column);
}

void RecordDecoder::RejectKeyless(size_t first, size_t end,
                                  Poll& poll) const {
  for (size_t i = first; i < end; ++i) {
    const rd_kafka_message_t& message = *(*messages_)[i];
    if (message.key == nullptr) {
      poll.rejected.push_back({OriginOf(message), NoKey()});
    }
  }
}

RecordDecoder::Keys RecordDecoder::DecodeKeys(size_t first, size_t end,
                                              size_t seen, Poll& poll) {
  Keys keys;
  if (key_ == nullptr) return keys;
  keys.first = first;
  keys.row_of.assign(seen - first, kNoKey);
  const Payloads bytes = Copy(*messages_, first, seen, KeyOf);
  std::vector<Decoder::Rejection> rejections;
  key_->Decode(bytes.records, bytes.chunk, rejections);
  const std::vector<uint32_t>& records = key_->row_records();
  for (size_t row = 0; row < records.size(); ++row) {
    keys.row_of[bytes.messages[records[row]] - first] =
        static_cast<int64_t>(row);
  }
  keys.batch = key_->TakeBatch();
  if (rejections.empty() && !upserts_) return keys;
  for (Decoder::Rejection& rejection : rejections) {
    const uint32_t message = bytes.messages[rejection.record];
    keys.row_of[message - first] = kBadKey;
    if (message >= end) continue;  // Said when all of it is consumed.
    Origin origin = OriginOf(*(*messages_)[message]);
    origin.raw = std::string(
        KeyOf(*(*messages_)[message]).substr(0, kMaxKeptBytes));
    poll.rejected.push_back(
        {std::move(origin), Annotate(rejection.error, "the record's key")});
  }
  // A row whose key is bad is quarantined and so given out by nobody; of
  // upserts, one that has no key too.
  const int64_t least = upserts_ ? 0 : kNoKey;
  auto kept = std::make_shared<std::vector<uint32_t>>();
  poll.batch.selection().ForEach([&](uint32_t row) {
    if (keys.row_of[rows_[row] - first] >= least) kept->push_back(row);
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
    const int64_t written = rd_kafka_message_timestamp((*messages_)[i], nullptr);
    if (written >= 0) least = std::min(least, written);
  }
  if (least == INT64_MAX) return;
  poll.event_time_limit_ms =
      least + absl::ToInt64Milliseconds(max_future_skew_);
}

std::optional<RejectedRecord> RecordDecoder::CheckEventTime(
    uint32_t row, int64_t latest_ms) const {
  const rd_kafka_message_t& message = *(*messages_)[rows_[row]];
  const int64_t written = rd_kafka_message_timestamp(&message, nullptr);
  const int64_t skew = absl::ToInt64Milliseconds(max_future_skew_);
  if (written < 0 || latest_ms - written <= skew) return std::nullopt;
  return RejectedRecord{
      OriginOf(message),
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
                        "it to 0 to let any time through."})};
}

VectorRef RecordDecoder::KeyColumn(const Keys& keys,
                                   const Source& source) const {
  const auto count = static_cast<uint32_t>(rows_.size());
  std::vector<uint32_t> gathered;
  std::vector<uint32_t> absent;
  for (uint32_t row = 0; row < count; ++row) {
    const int64_t key_row = keys.row_of[rows_[row] - keys.first];
    if (key_row < 0) absent.push_back(row);
    gathered.push_back(key_row < 0 ? 0 : static_cast<uint32_t>(key_row));
  }
  return GatherPresent(keys.batch, source.index, source.type, gathered,
                       absent);
}

}  // namespace millrace::kafka
