#include "connectors/kafka/exactly_once/sealed_block.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

constexpr size_t kBlockHeaderBytes = 12;
constexpr size_t kRecordHeaderBytes = 28;

template <typename T>
void Put(T value, char*& at) {
  std::memcpy(at, &value, sizeof value);
  at += sizeof value;
}

template <typename T>
T Get(const char*& at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

uint32_t LengthField(const std::optional<absl::string_view>& text) {
  return text ? static_cast<uint32_t>(text->size()) + 1 : 0;
}

absl::Status Damaged(absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("output that was sealed for Kafka is damaged: ", why));
}

}  // namespace

void BlockWriter::Append(const OutputRecord& record, std::string& out) {
  char header[kRecordHeaderBytes];
  char* at = header;
  Put<uint16_t>(record.topic, at);
  Put<int32_t>(record.partition, at);
  Put<int64_t>(record.timestamp_ms, at);
  Put<uint32_t>(LengthField(record.key), at);
  Put<uint32_t>(LengthField(record.value), at);
  Put<uint16_t>(record.header_count, at);
  Put<uint32_t>(static_cast<uint32_t>(record.headers.size()), at);
  body_.append(header, sizeof header);
  for (const auto& text : {record.key, record.value}) {
    if (text) body_.append(text->data(), text->size());
  }
  body_.append(record.headers.data(), record.headers.size());
  if (body_.size() >= kBlockBytes) Flush(out);
}

void BlockWriter::Flush(std::string& out) {
  if (body_.empty()) return;
  char header[kBlockHeaderBytes];
  char* at = header;
  Put<uint32_t>(static_cast<uint32_t>(body_.size()), at);
  Put<uint64_t>(HashBytes(body_), at);
  out.append(header, sizeof header);
  out += body_;
  body_.clear();
}

absl::Status BlockReader::NextBlock() {
  if (rest_.size() < kBlockHeaderBytes) return Damaged("a block is cut off");
  const char* at = rest_.data();
  const auto size = Get<uint32_t>(at);
  const auto checksum = Get<uint64_t>(at);
  rest_.remove_prefix(kBlockHeaderBytes);
  if (rest_.size() < size) return Damaged("a block is cut off");
  body_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return HashBytes(body_) == checksum
             ? absl::OkStatus()
             : Damaged("a block has another checksum");
}

absl::StatusOr<std::optional<OutputRecord>> BlockReader::Next() {
  while (body_.empty()) {
    if (rest_.empty()) return std::nullopt;
    RETURN_IF_ERROR(NextBlock());
  }
  if (body_.size() < kRecordHeaderBytes) return Damaged("a record is cut off");
  const char* at = body_.data();
  OutputRecord record;
  record.topic = Get<uint16_t>(at);
  record.partition = Get<int32_t>(at);
  record.timestamp_ms = Get<int64_t>(at);
  const auto key = Get<uint32_t>(at);
  const auto value = Get<uint32_t>(at);
  record.header_count = Get<uint16_t>(at);
  const auto headers = Get<uint32_t>(at);
  body_.remove_prefix(kRecordHeaderBytes);
  const auto take = [&](uint64_t length) {
    const absl::string_view text = body_.substr(0, length);
    body_.remove_prefix(text.size());
    return text;
  };
  const uint64_t key_size = key == 0 ? 0 : key - 1;
  const uint64_t value_size = value == 0 ? 0 : value - 1;
  if (key_size + value_size + headers > body_.size()) {
    return Damaged("a record is cut off");
  }
  const absl::string_view key_text = take(key_size);
  const absl::string_view value_text = take(value_size);
  if (key > 0) record.key = key_text;
  if (value > 0) record.value = value_text;
  record.headers = take(headers);
  return record;
}

absl::Status CheckBlocks(absl::string_view blocks, int64_t records) {
  BlockReader reader(blocks);
  for (int64_t count = 0;; ++count) {
    ASSIGN_OR_RETURN(const auto record, reader.Next());
    if (record.has_value()) continue;
    return count == records ? absl::OkStatus()
                            : Damaged("it has another number of records");
  }
}

}  // namespace millrace::kafka
