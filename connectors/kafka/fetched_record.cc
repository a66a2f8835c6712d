#include "connectors/kafka/fetched_record.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/hash.h"

namespace millrace::kafka {
namespace {

// Of a record that is too long, so much is kept.
constexpr size_t kMaxKeptBytes = 64 << 10;

absl::string_view BytesOrNone(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

// Bytes that are there though there may be none of them.
absl::string_view Bytes(const std::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

FetchedRecord FromMessage(const rd_kafka_message_t& message,
                          absl::string_view topic) {
  FetchedRecord record = {.key = BytesOrNone(message.key, message.key_len),
                          .value = BytesOrNone(message.payload, message.len),
                          .topic = topic,
                          .partition = message.partition,
                          .offset = message.offset,
                          .message = &message};
  rd_kafka_timestamp_type_t type;
  record.time_ms = rd_kafka_message_timestamp(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_CREATE_TIME) {
    record.time_kind = FetchedRecord::TimeKind::kCreated;
  } else if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) {
    record.time_kind = FetchedRecord::TimeKind::kAppended;
  }
  return record;
}

FetchedRecord FromLetter(const LetterRecord& letter) {
  FetchedRecord record = {.topic = letter.origin.source,
                          .partition = letter.origin.partition.value_or(0),
                          .offset = letter.origin.position.value_or(0)};
  if (letter.has_value()) record.value = Bytes(letter.origin.raw);
  if (!letter.parts.message) return record;
  const MessageParts& parts = *letter.parts.message;
  record.letter = &parts;
  record.time_ms = parts.time_ms;
  if (parts.key) record.key = Bytes(*parts.key);
  if (parts.time_ms >= 0) record.time_kind = FetchedRecord::TimeKind::kCreated;
  return record;
}

void ForEachHeader(const FetchedRecord& record,
                   absl::FunctionRef<void(absl::string_view name,
                                          absl::string_view value)>
                       visit) {
  if (record.letter != nullptr) {
    for (const auto& [name, value] : record.letter->headers) {
      visit(name, value ? Bytes(*value) : absl::string_view());
    }
  }
  if (record.message == nullptr) return;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(record.message, &headers) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;
  }
  const char* name;
  const void* value;
  size_t size;
  for (size_t at = 0; rd_kafka_header_get_all(headers, at, &name, &value,
                                              &size) ==
                      RD_KAFKA_RESP_ERR_NO_ERROR;
       ++at) {
    visit(name, BytesOrNone(value, size));
  }
}

std::string PlaceOf(const FetchedRecord& record) {
  return absl::StrCat("topic ", record.topic, ", partition ", record.partition,
                      ", offset ", record.offset);
}

RejectedRecord Rejected(const FetchedRecord& record, bool bad_key,
                        absl::Status error) {
  const bool whole = SizeOf(record) <= kMaxRecordBytes;
  const size_t most = whole ? kMaxRecordBytes : kMaxKeptBytes;
  MessageParts message = {.has_value = record.value.data() != nullptr,
                          .bad_key = bad_key,
                          .time_ms = record.time_ms};
  if (record.key.data() != nullptr) {
    message.key = std::string(record.key.substr(0, most));
  }
  ForEachHeader(record, [&](absl::string_view name, absl::string_view value) {
    auto& header = message.headers.emplace_back(name, std::nullopt);
    if (value.data() != nullptr) header.second = std::string(value);
  });
  LetterParts parts = {.message = std::move(message)};
  if (!whole) {
    parts.cut = {static_cast<int64_t>(record.value.size()),
                 HashBytes(record.value)};
  }
  Attach(parts, error);
  return {.origin = {.text = PlaceOf(record),
                     .raw = std::string(record.value.substr(0, most)),
                     .source = std::string(record.topic),
                     .partition = record.partition,
                     .position = record.offset},
          .error = std::move(error)};
}

}  // namespace millrace::kafka
