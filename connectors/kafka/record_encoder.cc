#include "connectors/kafka/record_encoder.h"

#include <utility>

#include "connectors/kafka/message_metadata.h"
#include "connectors/kafka/record_formats.h"
#include "runtime/base/status_macros.h"

namespace millrace::kafka {
namespace {

// The batch with only `columns`, in that order.
Batch Project(const Batch& batch, const std::vector<int>& columns) {
  Batch result = batch;
  result.columns.clear();
  for (const int column : columns) {
    result.columns.push_back(batch.columns[column]);
  }
  return result;
}

// Where the table's column `column` is among those that Write gets.
int PersistedIndex(const TableDescriptor& table, int column) {
  int index = 0;
  for (int i = 0; i < column; ++i) index += !table.columns[i].is_virtual;
  return index;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordEncoder>> RecordEncoder::Open(
    const TableDescriptor& table, const KafkaSettings& settings,
    const ConnectorRegistry& registry, absl::TimeZone local_time_zone) {
  std::unique_ptr<RecordEncoder> encoder(
      new RecordEncoder(settings.upsert, local_time_zone));
  ASSIGN_OR_RETURN(const Format* format,
                   registry.FindFormat(settings.value_format));
  ASSIGN_OR_RETURN(encoder->value_,
                   format->MakeEncoder(
                       ValueRequest(table, settings, local_time_zone)));
  if (!settings.key_columns.empty()) {
    ASSIGN_OR_RETURN(format, registry.FindFormat(settings.key_format));
    ASSIGN_OR_RETURN(encoder->key_,
                     format->MakeEncoder(
                         KeyRequest(table, settings, local_time_zone)));
  }
  for (const int column : settings.value_columns) {
    encoder->value_columns_.push_back(PersistedIndex(table, column));
  }
  for (const int column : settings.key_columns) {
    encoder->key_columns_.push_back(PersistedIndex(table, column));
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].metadata_key == "timestamp" &&
        !table.columns[i].is_virtual) {
      encoder->timestamp_column_ = PersistedIndex(table, static_cast<int>(i));
      encoder->timestamp_is_local_ =
          table.columns[i].type.Is(TypeRoot::kTimestamp) &&
          local_time_zone != absl::UTCTimeZone();
    }
  }
  return encoder;
}

absl::Status RecordEncoder::Encode(const Batch& batch,
                                   EncodedRecords& records) {
  records.Clear();
  RETURN_IF_ERROR(EncodeValues(batch, records));
  if (key_ != nullptr) {
    RETURN_IF_ERROR(key_->Encode(Project(batch, key_columns_), records.keys_,
                                 records.key_ends_));
  }
  if (timestamp_column_) CollectTimes(batch, records);
  return absl::OkStatus();
}

absl::Status RecordEncoder::EncodeValues(const Batch& batch,
                                         EncodedRecords& records) {
  Batch values = Project(batch, value_columns_);
  if (!upserts_ || batch.kinds == nullptr) {
    return value_->Encode(values, records.values_, records.value_ends_);
  }
  values.kinds = nullptr;
  auto standing = std::make_shared<std::vector<uint32_t>>();
  batch.selection().ForEach([&](uint32_t row) {
    const bool stands = Adds(batch.kind(row));
    if (stands) standing->push_back(row);
    records.tombstones_.push_back(!stands);
  });
  const bool all_stand = standing->size() == records.tombstones_.size();
  values.selected = std::move(standing);
  std::vector<uint32_t> ends;
  RETURN_IF_ERROR(value_->Encode(values, records.values_, ends));
  if (all_stand) {
    records.tombstones_.clear();
    records.value_ends_ = std::move(ends);
    return absl::OkStatus();
  }
  size_t next = 0;
  uint32_t end = 0;
  for (const uint8_t tombstone : records.tombstones_) {
    if (tombstone == 0) end = ends[next++];
    records.value_ends_.push_back(end);
  }
  return absl::OkStatus();
}

void RecordEncoder::CollectTimes(const Batch& batch,
                                 EncodedRecords& records) const {
  const Vector& times = *batch.columns[*timestamp_column_];
  batch.selection().ForEach([&](uint32_t row) {
    // 0 is the library's word for now.
    int64_t time = 0;
    if (!times.IsNull(row)) {
      time = times.data<int64_t>()[row & times.index_mask()];
      if (timestamp_is_local_) time = ToUtcMillis(time, zone_);
    }
    records.timestamps_ms_.push_back(time);
  });
}

}  // namespace millrace::kafka
