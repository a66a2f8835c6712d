#include "connectors/kafka/record_decoder.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/kafka/message_metadata.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// Longer ones are rejected rather than decoded (DESIGN.md, defaults).
constexpr size_t kMaxRecordBytes = 8 << 20;
// Of a rejected record's bytes, so many are kept.
constexpr size_t kMaxKeptBytes = 64 << 10;

Origin OriginOf(const rd_kafka_message_t& message) {
  return {absl::StrCat("topic ", rd_kafka_topic_name(message.rkt),
                       ", partition ", message.partition, ", offset ",
                       message.offset),
          std::string(static_cast<const char*>(message.payload),
                      std::min(message.len, kMaxKeptBytes))};
}

// Some messages' payloads (or keys) side by side in one chunk.
struct Payloads {
  std::shared_ptr<Chunk> chunk;
  std::vector<RawRecord> records;
  std::vector<uint32_t> messages;  // Of each record, its message.
};

Payloads Copy(const std::vector<rd_kafka_message_t*>& messages, size_t first,
              size_t limit, bool keys) {
  const auto bytes_of = [keys](const rd_kafka_message_t& message) {
    return absl::string_view(
        static_cast<const char*>(keys ? message.key : message.payload),
        keys ? message.key_len : message.len);
  };
  size_t total = 0;
  for (size_t i = first; i < limit; ++i) total += bytes_of(*messages[i]).size();
  Payloads result{.chunk = std::make_shared<Chunk>(total)};
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

FormatRequest MakeFormatRequest(const TableDescriptor& table,
                                const std::vector<int>& columns,
                                const TableOptions& options,
                                absl::TimeZone zone) {
  FormatRequest request{.options = options, .local_time_zone = zone};
  for (const int column : columns) {
    request.columns.push_back(table.columns[column]);
  }
  return request;
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

}  // namespace

absl::StatusOr<std::unique_ptr<RecordDecoder>> RecordDecoder::Open(
    const TableDescriptor& table, const KafkaSettings& settings,
    const SourceRequest& request, const ConnectorRegistry& registry,
    absl::TimeZone local_time_zone) {
  std::unique_ptr<RecordDecoder> decoder(new RecordDecoder());
  SourceRequest of_value, of_key;
  bool value_only = true;
  for (const SourceRequest::Column& wanted : request.columns) {
    const TableColumn& column = table.columns[wanted.path[0]];
    Source source{.from = Source::From::kMetadata, .type = wanted.type};
    if (column.metadata_key) {
      source.metadata_key = *column.metadata_key;
    } else if (auto value = Within(settings.value_columns, wanted)) {
      source.from = Source::From::kValue;
      source.index = static_cast<int>(of_value.columns.size());
      of_value.columns.push_back(*std::move(value));
    } else {
      source.from = Source::From::kKey;
      source.index = static_cast<int>(of_key.columns.size());
      of_key.columns.push_back(*Within(settings.key_columns, wanted));
    }
    value_only = value_only && source.from == Source::From::kValue;
    decoder->sources_.push_back(std::move(source));
  }
  if (value_only) of_value.filter = request.filter;

  ASSIGN_OR_RETURN(const Format* format,
                   registry.FindFormat(settings.value_format));
  ASSIGN_OR_RETURN(
      decoder->value_,
      format->MakeDecoder(
          MakeFormatRequest(table, settings.value_columns,
                            settings.value_options, local_time_zone),
          of_value));
  if (!of_key.columns.empty()) {
    ASSIGN_OR_RETURN(format, registry.FindFormat(settings.key_format));
    ASSIGN_OR_RETURN(
        decoder->key_,
        format->MakeDecoder(
            MakeFormatRequest(table, settings.key_columns,
                              settings.key_options, local_time_zone),
            of_key));
  }
  return decoder;
}

size_t RecordDecoder::Decode(const std::vector<rd_kafka_message_t*>& messages,
                             size_t first, Poll& poll) {
  size_t limit = first;
  while (limit < messages.size() && messages[limit]->len <= kMaxRecordBytes) {
    ++limit;
  }
  if (limit == first) {
    poll.rejected.push_back({OriginOf(*messages[first]),
                             TooLarge(*messages[first])});
    return first + 1;
  }
  const Payloads values = Copy(messages, first, limit, /*keys=*/false);
  std::vector<Decoder::Rejection> rejections;
  const uint32_t consumed =
      value_->Decode(values.records, values.chunk, rejections);
  for (Decoder::Rejection& rejection : rejections) {
    const auto* message = messages[values.messages[rejection.record]];
    poll.rejected.push_back({OriginOf(*message), std::move(rejection.error)});
  }
  std::vector<uint32_t> rows = value_->row_records();
  for (uint32_t& row : rows) row = values.messages[row];
  Batch decoded = value_->TakeBatch();

  Batch keys;
  std::vector<int64_t> key_rows(messages.size(), -1);
  if (key_ != nullptr) {
    const Payloads key_bytes = Copy(messages, first, limit, /*keys=*/true);
    std::vector<Decoder::Rejection> key_rejections;
    key_->Decode(key_bytes.records, key_bytes.chunk, key_rejections);
    const std::vector<uint32_t>& of_record = key_->row_records();
    for (size_t row = 0; row < of_record.size(); ++row) {
      key_rows[key_bytes.messages[of_record[row]]] = row;
    }
    for (Decoder::Rejection& rejection : key_rejections) {
      const auto* message = messages[key_bytes.messages[rejection.record]];
      poll.rejected.push_back(
          {OriginOf(*message), Annotate(rejection.error, "the record's key")});
    }
    keys = key_->TakeBatch();
  }

  poll.batch.row_count = decoded.row_count;
  poll.batch.kinds = decoded.kinds;
  poll.batch.selected = decoded.selected;
  for (const Source& source : sources_) {
    switch (source.from) {
      case Source::From::kValue:
        poll.batch.columns.push_back(decoded.columns[source.index]);
        break;
      case Source::From::kKey:
        poll.batch.columns.push_back(KeyColumn(keys, source, key_rows, rows));
        break;
      case Source::From::kMetadata:
        poll.batch.columns.push_back(
            MakeMetadata(source.metadata_key, messages, rows));
        break;
    }
  }
  // Messages without a value behind the last record consumed go with it.
  return consumed == values.records.size() ? limit
                                           : values.messages[consumed];
}

VectorRef RecordDecoder::KeyColumn(const Batch& keys, const Source& source,
                                   const std::vector<int64_t>& key_rows,
                                   const std::vector<uint32_t>& rows) const {
  if (keys.row_count == 0) {
    auto nulls = std::make_shared<Vector>(source.type, rows.size());
    for (uint32_t row = 0; row < rows.size(); ++row) nulls->SetNull(row);
    return nulls;
  }
  std::vector<uint32_t> gathered;
  std::vector<uint32_t> absent;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t key_row = key_rows[rows[i]];
    if (key_row < 0) absent.push_back(static_cast<uint32_t>(i));
    gathered.push_back(key_row < 0 ? 0 : static_cast<uint32_t>(key_row));
  }
  VectorRef column = Gather(keys.columns[source.index], gathered.data(),
                            static_cast<uint32_t>(gathered.size()));
  if (absent.empty()) return column;
  // Gather has just made it: nobody else holds it yet.
  auto mutable_column = std::const_pointer_cast<Vector>(column);
  for (const uint32_t row : absent) mutable_column->SetNull(row);
  return column;
}

}  // namespace millrace::kafka
